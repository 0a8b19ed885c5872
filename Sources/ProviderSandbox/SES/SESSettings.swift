/// The account that the Amazon SES stand-in knows, and what happens to its mails. None of it is a secret.
struct SESSettings: Sendable {
    var region = "us-east-1"
    var accessKeyID = "AKIASANDBOX000000000"
    var secretAccessKey = "sandbox-secret-access-key"
    /// The configuration set that publishes events.
    var configurationSet = "sandbox-events"
    /// The SNS topic that events go to.
    var topicARN = "arn:aws:sns:us-east-1:123456789012:ses-events"
    /// Where the topic's subscriber is: nil for nowhere.
    var webhook: CallbackURL?
    /// Of SNS: 1 is RSA with SHA-1, 2 with SHA-256.
    var signatureVersion = 1
    /// What the addresses in SNS's messages begin with; nil for Amazon's own.
    var snsBase: String?
    var script: [SESStatus] = [.send, .delivered]

    var snsAddress: String { snsBase ?? "https://sns.\(region).amazonaws.com" }
}

/// SES's `eventType`, later evidence after earlier.
enum SESStatus: String, MailStatus {
    /// In the ledger only: the answer to a request names no status.
    case accepted
    case send = "Send"
    case deferred = "DeliveryDelay"
    case dropped = "Reject"
    case delivered = "Delivery"
    case bounced = "Bounce"
    case complained = "Complaint"

    var isFinal: Bool { self >= .dropped }
}
