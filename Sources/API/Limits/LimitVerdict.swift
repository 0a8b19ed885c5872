import ChannelSDK
import HTTPTypes

/// What became of a request under its limits, and what its caller is told.
struct LimitVerdict: Sendable, Equatable {
    /// Nil: the request may pass. Otherwise the time after which one may.
    var wait: Duration?
    /// The limit that leaves the least.
    var limit: RateLimit
    /// Requests that it allows at once from now on.
    var remaining: Int
    /// The time until it allows as many as it ever does.
    var reset: Duration
    /// All limits, e.g. `3;w=1, 20;w=10`.
    var policy: String

    /// `RateLimit-*` by the IETF's draft, up to its version 7, and `Retry-After`. In whole seconds, rounded up.
    func write(to headers: inout HTTPFields) {
        headers[Self.limitField] = String(limit.permits)
        headers[Self.remainingField] = String(remaining)
        headers[Self.resetField] = String(reset.roundedUpSeconds)
        headers[Self.policyField] = policy
        if let wait { headers[.retryAfter] = String(max(1, wait.roundedUpSeconds)) }
    }

    var problem: ProblemDetails {
        ProblemDetails(
            .tooManyRequests, "Too many requests",
            detail: "\(limit.permits) in \(limit.interval) are taken: try again after the time in Retry-After")
    }

    private static let limitField = HTTPField.Name("RateLimit-Limit")!
    private static let remainingField = HTTPField.Name("RateLimit-Remaining")!
    private static let resetField = HTTPField.Name("RateLimit-Reset")!
    private static let policyField = HTTPField.Name("RateLimit-Policy")!
}

extension [RateLimit] {
    /// As `RateLimit-Policy` has it.
    var policy: String {
        map { "\($0.permits);w=\(Swift.max(1, $0.interval.roundedUpSeconds))" }.joined(separator: ", ")
    }
}

extension Duration {
    fileprivate var roundedUpSeconds: Int64 { components.seconds + (components.attoseconds > 0 ? 1 : 0) }
}
