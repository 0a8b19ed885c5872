public import ChannelSDK
import Synchronization

/// Counts permits in the memory of this process: a token bucket for each key and limit.
///
/// A bucket is as large as its limit's permits and full at first, so up to that many may be taken at once; permits come
/// back evenly over the interval.
public final class InProcessRateLimiter: RateLimiter {
    private let clock: any WallClock
    private let buckets = Mutex(TokenBuckets())

    /// - Parameter clock: tells how many permits have come back. A clock set back stops them until it has caught up.
    public init(clock: any WallClock) { self.clock = clock }

    public func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant {
        let now = clock.now()
        return buckets.withLock { $0.take(count, of: key, under: limits, at: now) }
    }

    /// How many buckets are held.
    var bucketCount: Int { buckets.withLock { $0.count } }
}
