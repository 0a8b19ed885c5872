/// The permits of one limit, exact in whole numbers: a permit costs as many units as the interval has nanoseconds, and
/// in each nanosecond as many units come back as the limit has permits.
package struct TokenBucket: Sendable {
    private let permits: Int128
    private let cost: Int128
    /// Units taken that have not come back.
    private var missing: Int128 = 0
    private var moment: Timestamp

    package init(_ limit: RateLimit, at now: Timestamp) {
        // Bounds that no limit needs, so that no product leaves the range.
        permits = Int128(min(max(0, limit.permits), 1 << 50))
        let (seconds, attoseconds) = limit.interval.components
        cost = min(max(1, Int128(seconds) * 1_000_000_000 + Int128(attoseconds / 1_000_000_000)), 1 << 60)
        moment = now
    }

    private var capacity: Int128 { permits * cost }

    package mutating func refill(at now: Timestamp) {
        guard now > moment else { return }
        // In one interval all comes back.
        let elapsed = min(cost, (Int128(now.milliseconds) - Int128(moment.milliseconds)) * 1_000_000)
        missing = max(0, missing - elapsed * permits)
        moment = now
    }

    /// Whole permits that can be taken.
    package var available: Int { Int((capacity - missing) / cost) }

    package mutating func take(_ count: Int) { missing += Int128(count) * cost }

    /// The time until a permit can be taken, in whole milliseconds; of a limit without permits, its interval.
    package var timeUntilNext: Duration {
        guard permits > 0 else { return .milliseconds(Int64(clamping: (cost + 999_999) / 1_000_000)) }
        let excess = missing - (capacity - cost)
        guard excess > 0 else { return .zero }
        let nanoseconds = (excess + permits - 1) / permits
        return .milliseconds(Int64(clamping: (nanoseconds + 999_999) / 1_000_000))
    }

    /// The time until nothing is missing, in whole milliseconds; of a limit without permits, its interval.
    package var timeUntilFull: Duration {
        guard permits > 0 else { return timeUntilNext }
        let nanoseconds = (missing + permits - 1) / permits
        return .milliseconds(Int64(clamping: (nanoseconds + 999_999) / 1_000_000))
    }

    package func isFull(at now: Timestamp) -> Bool {
        var later = self
        later.refill(at: now)
        return later.missing == 0
    }
}
