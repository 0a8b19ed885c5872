import ArgumentParser

struct KannelOptions: ParsableArguments {
    private static let standard = KannelSettings()

    @Option(name: .customLong("kannel-username"), help: "The sendsms user.")
    var username = Self.standard.username

    @Option(name: .customLong("kannel-password"), help: "The user's password.")
    var password = Self.standard.password

    @Option(
        name: .customLong("kannel-inbound-url"),
        help: "Where inbound messages are posted, http://…, with Kannel's escapes such as %p.",
        transform: CallbackURL.init(option:))
    var inboundURL: CallbackURL?

    @Option(name: .customLong("kannel-script"), help: "The reports of an ordinary message, in order.")
    var script = ScriptOption(statuses: Self.standard.script)

    var settings: KannelSettings {
        KannelSettings(username: username, password: password, inboundURL: inboundURL, script: script.statuses)
    }
}
