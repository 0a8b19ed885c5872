/// The account that the Plivo stand-in knows, and what happens to its messages. None of it is a secret.
struct PlivoSettings: Sendable {
    var authID = "MASANDBOX00000000000"
    var authToken = "sandbox-auth-token"
    /// Whether each segment of a message is reported on by itself.
    var reportsSegments = false
    var script: [PlivoStatus] = [.sent, .delivered]
}

/// Plivo's status of an outgoing message, later evidence after earlier.
enum PlivoStatus: String, ProviderStatus {
    case queued, sent, rejected, failed, undelivered, delivered

    var isFinal: Bool { self >= .rejected }
    /// 1000 is Plivo's "unknown error".
    var standardErrorCode: Int? { isFinal && self != .delivered ? 1000 : nil }
}

/// What Plivo makes of numbers with a meaning.
extension SpecialNumber {
    func plivoReports(script: [PlivoStatus]) -> (statuses: [PlivoStatus], errorCode: Int?) {
        switch self {
        case .unreachable: ([.sent, .undelivered], 80)
        case .filtered: ([.failed], 30)
        case .optedOut: ([.failed], 200)
        default: (arrange(script) ?? script, nil)
        }
    }
}
