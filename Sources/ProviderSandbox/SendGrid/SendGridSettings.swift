import Crypto
import FoundationEssentials

/// The account that the SendGrid stand-in knows, and what happens to its mails. None of it is a secret.
struct SendGridSettings: Sendable {
    var apiKey = "SG.sandbox-api-key"
    var webhook: CallbackURL?
    /// What events are signed with.
    var signingKey = Self.sandboxKey
    var script: [SendGridStatus] = [.processed, .delivered]

    /// As SendGrid shows it, and as its receiver is told: base64 of the DER.
    var publicKey: String { signingKey.publicKey.derRepresentation.base64EncodedString() }

    /// The same each time, so that configurations can name its public key.
    static var sandboxKey: P256.Signing.PrivateKey {
        let seed = SHA256.hash(data: Data("provider-sandbox: SendGrid".utf8))
        do {
            return try P256.Signing.PrivateKey(rawRepresentation: seed)
        } catch {
            // The hash above is a number below the order of the curve.
            preconditionFailure("the sandbox's own key is none: \(error)")
        }
    }
}

/// SendGrid's events, later evidence after earlier.
enum SendGridStatus: String, MailStatus {
    /// In the ledger only: the answer to a request names no status.
    case accepted
    case processed, deferred, dropped, delivered
    case bounced = "bounce"
    case complained = "spamreport"

    var isFinal: Bool { self >= .dropped }
}
