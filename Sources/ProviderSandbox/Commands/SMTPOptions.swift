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

    @Option(
        name: .customLong("smtp-refuse-sender"),
        help: "Refuse so many mails for good at MAIL FROM; which ones is told by --seed and the sender.")
    var refuseSender = Rate.never

    @Option(name: .customLong("smtp-refuse-data"), help: "The same at DATA, before the mail.")
    var refuseData = Rate.never

    @Option(name: .customLong("smtp-refuse-content"), help: "The same after the mail.")
    var refuseContent = Rate.never

    func settings(seed: UInt64) -> SMTPSettings {
        SMTPSettings(
            listen: listen, username: username, password: password, webhook: webhook,
            webhookToken: webhookToken, script: script?.statuses ?? Self.standard.script,
            refusals: SMTPRefusals(
                seed: seed, sender: refuseSender.value, data: refuseData.value, content: refuseContent.value))
    }
}
