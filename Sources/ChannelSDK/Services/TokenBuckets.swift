/// A token bucket for each key and limit, in memory: how limits are counted where nobody else counts them.
///
/// A bucket is as large as its limit's permits and full at first, so up to that many may be taken at once; permits come
/// back evenly over the interval.
package struct TokenBuckets: Sendable {
    private struct BucketKey: Hashable {
        let key: String
        let limit: RateLimit
    }

    private var buckets: [BucketKey: TokenBucket] = [:]
    /// Buckets are looked through for full ones when there are so many.
    private var sweepAt = 1024

    package init() {}

    package var count: Int { buckets.count }

    /// Takes up to `count` permits that all of `limits` allow.
    package mutating func take(
        _ count: Int, of key: String, under limits: [RateLimit], at now: Timestamp
    ) -> RateLimitGrant {
        guard count > 0 else { return RateLimitGrant(granted: 0, retryAfter: nil) }
        sweep(now)
        let keys = limits.map { BucketKey(key: key, limit: $0) }
        for key in keys { buckets[key, default: TokenBucket(key.limit, at: now)].refill(at: now) }
        let granted = keys.reduce(count) { min($0, buckets[$1]!.available) }
        var wait = Duration.zero
        // A limit named twice is one bucket.
        for key in Set(keys) {
            buckets[key]!.take(granted)
            wait = max(wait, buckets[key]!.timeUntilNext)
        }
        return RateLimitGrant(granted: granted, retryAfter: granted < count ? wait : nil)
    }

    /// Forgets full buckets: a new one would be no different.
    private mutating func sweep(_ now: Timestamp) {
        guard buckets.count >= sweepAt else { return }
        buckets = buckets.filter { !$0.value.isFull(at: now) }
        sweepAt = max(1024, buckets.count * 2)
    }
}
