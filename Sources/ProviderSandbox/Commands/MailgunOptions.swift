import ArgumentParser

struct MailgunOptions: ParsableArguments {
    private static let standard = MailgunSettings()

    @Option(name: .customLong("mailgun-api-key"), help: "The API key that requests carry.")
    var apiKey = Self.standard.apiKey

    @Option(name: .customLong("mailgun-domain"), help: "The sending domain.")
    var domain = Self.standard.domain

    @Option(name: .customLong("mailgun-signing-key"), help: "The key that webhooks are signed with.")
    var signingKey = Self.standard.signingKey

    @Option(
        name: .customLong("mailgun-webhook"), help: "Where events go, http://…",
        transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(name: .customLong("mailgun-script"), help: "The events of an ordinary mail, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    var settings: MailgunSettings {
        MailgunSettings(
            apiKey: apiKey, domain: domain, signingKey: signingKey, webhook: webhook, script: script.statuses)
    }
}
