/// The account that the Resend stand-in knows, and what happens to its mails. None of it is a secret.
struct ResendSettings: Sendable {
    var apiKey = "re_sandbox_api_key"
    var webhook: CallbackURL?
    /// `whsec_` and base64 of what webhooks are signed with.
    var signer = SvixSigner(secret: Self.sandboxSecret)!
    var script: [ResendStatus] = [.sent, .delivered]

    /// `provider-sandbox: Resend's`
    static let sandboxSecret = "whsec_cHJvdmlkZXItc2FuZGJveDogUmVzZW5kJ3M="
}

/// Resend's events, without their `email.`, later evidence after earlier.
enum ResendStatus: String, MailStatus {
    /// In the ledger only: the answer to a request names no status.
    case accepted
    case sent
    case deferred = "delivery_delayed"
    case dropped = "suppressed"
    case delivered, bounced, complained

    var isFinal: Bool { self >= .dropped }
}
