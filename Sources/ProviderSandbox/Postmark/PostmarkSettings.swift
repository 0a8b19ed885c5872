import FoundationEssentials

/// The server that the Postmark stand-in knows, and what happens to its mails. None of it is a secret.
struct PostmarkSettings: Sendable {
    var serverToken = "sandbox-server-token"
    var webhook: CallbackURL?
    /// Of the Basic authentication that webhooks carry: Postmark signs nothing.
    var webhookUser = "postmark"
    var webhookPassword = "sandbox-webhook-password"
    var script: [PostmarkStatus] = [.delivered]

    var webhookAuthorization: String {
        "Basic " + Data("\(webhookUser):\(webhookPassword)".utf8).base64EncodedString()
    }
}

/// Postmark's `RecordType`, and the `Type` of a bounce, later evidence after earlier.
enum PostmarkStatus: String, MailStatus {
    /// In the ledger only: the answer to a request names no status.
    case accepted
    case deferred = "Transient"
    case dropped = "ManuallyDeactivated"
    case delivered = "Delivery"
    case bounced = "HardBounce"
    case complained = "SpamComplaint"

    var isFinal: Bool { self >= .dropped }
}
