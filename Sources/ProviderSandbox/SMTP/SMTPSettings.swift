/// The mail server of the sandbox, and what happens to its mails. None of it is a secret.
struct SMTPSettings: Sendable {
    /// Where it listens: nil for nowhere.
    var listen: ListenAddress?
    var username = "sandbox"
    var password = "sandbox-password"
    /// Where delivery status notifications are posted: nil for nowhere.
    var webhook: CallbackURL?
    /// Shown with each notification as a Bearer token: mail servers sign nothing. Nil for none.
    var webhookToken: String?
    /// What is reported on an ordinary mail: nothing, unless asked for.
    var script: [SMTPStatus] = []
    var refusals = SMTPRefusals()
}

/// The `Action` of a delivery status notification, later evidence after earlier; and a complaint.
enum SMTPStatus: String, MailStatus {
    /// The server's 250.
    case accepted
    case relayed
    case deferred = "delayed"
    case dropped = "expired"
    case delivered
    case bounced = "failed"
    /// Told by a report in the abuse reporting format (RFC 5965).
    case complained

    var isFinal: Bool { self >= .dropped }
}
