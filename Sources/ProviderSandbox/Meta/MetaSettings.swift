/// The business account that the Meta stand-in knows, and what happens to its messages. None of it is a secret.
struct MetaSettings: Sendable {
    var phoneNumberID = "106540352242922"
    var businessAccount = "102290129340398"
    /// As webhooks show it: digits.
    var displayPhoneNumber = "15550783881"
    var accessToken = "sandbox-access-token"
    var appSecret = "sandbox-app-secret"
    var verifyToken = "sandbox-verify-token"
    /// Where statuses and inbound messages go: nil for nowhere.
    var webhook: CallbackURL?
    var script: [MetaStatus] = [.sent, .delivered, .read]
}

/// Meta's status of an outgoing message, later evidence after earlier.
enum MetaStatus: String, ProviderStatus {
    /// In the answer to a request only.
    case accepted
    case sent, failed, delivered, read

    var isFinal: Bool { self >= .failed }
    /// 131000 is Meta's "something went wrong".
    var standardErrorCode: Int? { self == .failed ? 131000 : nil }
}
