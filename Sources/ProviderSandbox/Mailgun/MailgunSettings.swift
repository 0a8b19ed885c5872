/// The domain that the Mailgun stand-in knows, and what happens to its mails. None of it is a secret.
struct MailgunSettings: Sendable {
    var apiKey = "sandbox-api-key"
    var domain = "mg.sandbox.example"
    var signingKey = "sandbox-signing-key"
    var webhook: CallbackURL?
    var script: [MailgunStatus] = [.accepted, .delivered]
}

/// Mailgun's events, later evidence after earlier; `failed` with its severity, and of a suppressed address with its
/// reason.
enum MailgunStatus: String, MailStatus {
    case accepted
    case deferred = "failed temporary"
    case dropped = "failed suppress-bounce"
    case delivered
    case bounced = "failed permanent"
    case complained

    var isFinal: Bool { self >= .dropped }
}
