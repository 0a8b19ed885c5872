/// The project that the stand-in for Firebase Cloud Messaging knows. None of it is a secret.
struct FCMSettings: Sendable {
    var project = "sandbox"
    /// How long an access token holds, in seconds.
    var tokenLifetime = 3599

    var clientEmail: String { "switchboard@\(project).iam.gserviceaccount.com" }
}

/// FCM reports nothing: what it takes, it took.
enum FCMStatus: String, ProviderStatus {
    case sent

    var isFinal: Bool { true }
}

/// Registration tokens with a meaning: the words before a `:`.
enum SpecialRegistration: String, CaseIterable {
    case unregistered
    case otherSender = "other-sender"
    case invalid
    case quota
    case unavailable
    case internalError = "internal-error"
    case noAPNs = "no-apns"
    case silent

    init?(token: String) { self.init(rawValue: String(token.prefix { $0 != ":" })) }

    /// What the API answers; nil: it takes the message.
    var error: FCMError? {
        switch self {
        case .unregistered: .unregistered
        case .otherSender: .otherSender
        case .invalid: .invalidToken
        case .quota: .server(429)
        case .unavailable: .server(503)
        case .internalError: .server(500)
        case .noAPNs: .noAPNs
        case .silent: nil
        }
    }
}
