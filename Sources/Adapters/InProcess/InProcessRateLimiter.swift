public import ChannelSDK
import Synchronization

/// Counts permits in the memory of this process: a token bucket for each key and limit.
///
/// A bucket is as large as its limit's permits and full at first, so up to that many may be taken at once; permits come
/// back evenly over the interval.
public final class InProcessRateLimiter: RateLimiter {
    private struct BucketKey: Hashable {
        let key: String
        let limit: RateLimit
    }

    private struct State {
        var buckets: [BucketKey: TokenBucket] = [:]
        /// Buckets are looked through for full ones when there are so many.
        var sweepAt = 1024
    }

    private let clock: any WallClock
    private let state = Mutex(State())

    /// - Parameter clock: tells how many permits have come back. A clock set back stops them until it has caught up.
    public init(clock: any WallClock) { self.clock = clock }

    public func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant {
        guard count > 0 else { return RateLimitGrant(granted: 0, retryAfter: nil) }
        let now = clock.now()
        return state.withLock { state in
            Self.sweep(&state, now)
            let keys = limits.map { BucketKey(key: key, limit: $0) }
            for key in keys { state.buckets[key, default: TokenBucket(key.limit, at: now)].refill(at: now) }
            let granted = keys.reduce(count) { min($0, state.buckets[$1]!.available) }
            var wait = Duration.zero
            // A limit named twice is one bucket.
            for key in Set(keys) {
                state.buckets[key]!.take(granted)
                wait = max(wait, state.buckets[key]!.timeUntilNext)
            }
            return RateLimitGrant(granted: granted, retryAfter: granted < count ? wait : nil)
        }
    }

    /// How many buckets are held.
    var bucketCount: Int { state.withLock { $0.buckets.count } }

    /// Forgets full buckets: a new one would be no different.
    private static func sweep(_ state: inout State, _ now: Timestamp) {
        guard state.buckets.count >= state.sweepAt else { return }
        state.buckets = state.buckets.filter { !$0.value.isFull(at: now) }
        state.sweepAt = max(1024, state.buckets.count * 2)
    }
}
