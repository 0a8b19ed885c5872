import ChannelSDK

/// The Messages API's codes that decide what happens next. Its answers say in words what each means.
enum VonageMessagesErrorCode {
    /// Nil for a code that is not known here.
    static func kind(_ code: String) -> DeliveryFailure.Kind? { Int(code).flatMap { kinds[$0] } }

    private static let kinds: [Int: DeliveryFailure.Kind] = [
        // Throttled.
        1000: .rateLimit,
        // Internal error; communication failed, nothing was submitted.
        1030: .transient, 1100: .transient,
        // A parameter is missing or not valid: which one, the words say.
        1010: .other, 1020: .other,
        // Tag; template; message too long; message class.
        1021: .content, 1022: .content, 1090: .content, 1150: .content,
        // A prefix that is not known; a number that is barred.
        1040: .recipient, 1050: .blocked,
        // Account barred, without credit, not for this API; sender not allowed; validity period; facility not allowed;
        // a trial account and a number that is not listed.
        1060: .configuration, 1070: .configuration, 1080: .configuration, 1120: .configuration, 1130: .configuration,
        1140: .configuration, 1160: .configuration,
    ]
}
