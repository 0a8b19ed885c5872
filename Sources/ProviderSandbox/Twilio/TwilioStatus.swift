/// Twilio's status of an outgoing message, later evidence after earlier.
enum TwilioStatus: String, ProviderStatus {
    case accepted, scheduled, queued, sending, sent, canceled, failed, undelivered, delivered, read

    var isFinal: Bool { self >= .canceled }

    /// 30008 is Twilio's "unknown error".
    var standardErrorCode: Int? { self == .failed || self == .undelivered ? 30008 : nil }
}
