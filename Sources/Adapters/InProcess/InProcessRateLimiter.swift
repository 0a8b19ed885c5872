public import ChannelSDK
import Synchronization

/// Permits counted in this process alone: a token bucket for each key and limit, filled evenly, full at the start.
public final class InProcessRateLimiter: RateLimiter {
    private struct BucketKey: Hashable {
        let key: String
        let limit: RateLimit
    }

    private struct Bucket {
        /// In permits; not whole between refills.
        var level: Double
        var filledAt: Timestamp
    }

    private let clock: any WallClock
    private let buckets = Mutex<[BucketKey: Bucket]>([:])
    /// More keys than this, and full buckets are forgotten: they are as good as new.
    private let capacity: Int

    public init(clock: any WallClock, capacity: Int = 100_000) {
        self.clock = clock
        self.capacity = max(1, capacity)
    }

    public func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant {
        let now = clock.now()
        return buckets.withLock { buckets in
            let levels = limits.map { level(of: BucketKey(key: key, limit: $0), in: &buckets, now) }
            let granted = max(0, min(count, levels.map { Int($0) }.min() ?? count))
            for limit in limits { buckets[BucketKey(key: key, limit: limit)]?.level -= Double(granted) }
            if buckets.count > capacity { forgetFull(&buckets, now) }
            guard granted < count else { return RateLimitGrant(granted: granted, retryAfter: nil) }
            let waits = zip(limits, levels).map { limit, level in
                wait(for: limit, level: level - Double(granted))
            }
            return RateLimitGrant(granted: granted, retryAfter: waits.max())
        }
    }

    private func level(of key: BucketKey, in buckets: inout [BucketKey: Bucket], _ now: Timestamp) -> Double {
        var bucket = buckets[key] ?? Bucket(level: Double(key.limit.permits), filledAt: now)
        refill(&bucket, key.limit, now)
        buckets[key] = bucket
        return bucket.level
    }

    private func refill(_ bucket: inout Bucket, _ limit: RateLimit, _ now: Timestamp) {
        let elapsed = max(0, now.milliseconds - bucket.filledAt.milliseconds)
        let gained = Double(elapsed) * Double(limit.permits) / Double(max(1, limit.interval.wholeMilliseconds))
        bucket.level = min(Double(limit.permits), bucket.level + gained)
        bucket.filledAt = max(now, bucket.filledAt)
    }

    private func wait(for limit: RateLimit, level: Double) -> Duration {
        guard level < 1 else { return .zero }
        let perPermit = Double(limit.interval.wholeMilliseconds) / Double(max(1, limit.permits))
        return .milliseconds(Int64(((1 - level) * perPermit).rounded(.up)))
    }

    private func forgetFull(_ buckets: inout [BucketKey: Bucket], _ now: Timestamp) {
        for (key, bucket) in buckets {
            var bucket = bucket
            refill(&bucket, key.limit, now)
            if bucket.level >= Double(key.limit.permits) { buckets[key] = nil }
        }
    }
}
