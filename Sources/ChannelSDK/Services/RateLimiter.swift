/// So many permits in so much time, e.g. 80 in a second.
public struct RateLimit: Sendable, Hashable, CustomStringConvertible {
    /// How many within one interval.
    public let permits: Int
    /// In which the permits come back.
    public let interval: Duration

    public init(permits: Int, per interval: Duration) {
        self.permits = permits
        self.interval = interval
    }

    public var description: String { "\(permits)/\(interval)" }
}

/// How many permits were given, and when there are more.
public struct RateLimitGrant: Sendable, Hashable {
    /// How many of the permits asked for were given: from 0 to all.
    public let granted: Int
    /// When `granted` is less than asked for: the time until at least one more can be had.
    public let retryAfter: Duration?

    public init(granted: Int, retryAfter: Duration?) {
        self.granted = granted
        self.retryAfter = retryAfter
    }
}

/// Counts permits by key, for one process or for all replicas together.
public protocol RateLimiter: Sendable {
    /// Takes up to `count` permits that all of `limits` allow. Ask for a block, not for one at a time.
    func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant
}
