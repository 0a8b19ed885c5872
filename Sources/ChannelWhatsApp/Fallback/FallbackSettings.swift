import ChannelSDK

/// What channels.yaml says about a template in place of free text, the same for every provider.
struct FallbackSettings: Sendable, Hashable {
    /// As the provider names templates.
    let name: String
    /// True: text is sent by the template at once, without trying it as such.
    let isAlwaysUsed: Bool

    /// Nil when there is none.
    init?(_ configuration: ChannelConfiguration) {
        guard let name = configuration.string("fallback_template") else { return nil }
        self.name = name
        isAlwaysUsed = configuration.boolean("template_only") ?? false
    }

    static func settings(template: String) -> [Setting] {
        [
            Setting(
                "fallback_template", .string,
                help:
                    "Sent in place of text that is refused because the 24-hour window is closed: \(template), approved, "
                    + "with one variable, {{1}}, for the text."),
            Setting(
                "template_only", .boolean, default: "false",
                help: "Send every text by fallback_template at once: for recipients who rarely write to you, because a "
                    + "closed window may be reported only after the provider took the text, as a failure."),
        ]
    }

    static func problems(_ configuration: ChannelConfiguration) -> [ConfigurationProblems.Problem] {
        guard configuration.boolean("template_only") == true, configuration.string("fallback_template") == nil else {
            return []
        }
        return [.init(setting: "template_only", message: "needs setting 'fallback_template' too")]
    }
}
