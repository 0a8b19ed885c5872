/// The account that the Twilio stand-in knows, and what happens to its messages.
struct TwilioSettings: Sendable {
    /// What the sandbox takes when nothing else is set. They are no secret.
    static let sandboxAccount = "AC00000000000000000000000000005a4d"
    static let sandboxToken = "sandbox-auth-token"

    var account = Self.sandboxAccount
    var token = Self.sandboxToken
    /// The statuses that are reported about an ordinary message, in order.
    var script: [TwilioStatus] = [.sent, .delivered]
    /// As ``script``, of messages to WhatsApp.
    var whatsAppScript: [TwilioStatus] = [.sent, .delivered, .read]
}
