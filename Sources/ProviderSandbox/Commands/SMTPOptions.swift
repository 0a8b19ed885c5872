import ArgumentParser

struct SMTPOptions: ParsableArguments {
    private static let standard = SMTPSettings()

    @Option(
        name: .customLong("smtp-listen"),
        help:
            "Where the mail server listens, such as 127.0.0.1:4025; without it there is none. GET / shows a free port.")
    var listen: ListenAddress?

    @Option(name: .customLong("smtp-username"), help: "The user that clients authenticate as.")
    var username = Self.standard.username

    @Option(name: .customLong("smtp-password"), help: "The user's password.")
    var password = Self.standard.password

    @Option(
        name: .customLong("smtp-webhook"), help: "Where delivery status notifications are posted, http://…",
        transform: CallbackURL.init(option:))
    var webhook: CallbackURL?

    @Option(name: .customLong("smtp-webhook-token"), help: "The Bearer token that notifications are posted with.")
    var webhookToken: String?

    @Option(
        name: .customLong("smtp-script"),
        help: "The notifications about an ordinary mail, in order (default: none).")
    var script: ScriptOption<SMTPStatus>?

    var settings: SMTPSettings {
        SMTPSettings(
            listen: listen, username: username, password: password, webhook: webhook,
            webhookToken: webhookToken, script: script?.statuses ?? Self.standard.script)
    }
}
