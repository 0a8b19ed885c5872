import ChannelSDK

/// What is counted: a key under limits.
struct LimitSubject: Hashable {
    let key: String
    /// Each once: a limit named twice is one bucket.
    let limits: [RateLimit]

    init(key: String, limits: [RateLimit]) {
        self.key = key
        self.limits = limits.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
    }

    /// No more than this can ever be had at once.
    var mostPermits: Int { limits.map { max(0, $0.permits) }.min() ?? .max }

    /// The most permits worth taking in advance: what all limits give back in a tenth of a second, so that permits which
    /// are taken and not used are soon made up for, and a quarter of their permits.
    var largestBlock: Int {
        limits.map { limit in
            let seconds = max(limit.interval / .seconds(1), 1e-6)
            return min(Int(min(Double(max(0, limit.permits)) * 0.1 / seconds, 1e9)), max(0, limit.permits) / 4)
        }.min() ?? 0
    }

    /// How long permits taken in advance may be used: they add to what the limits allow in that time.
    var leaseTime: Duration { limits.reduce(.milliseconds(500)) { min($0, $1.interval / 2) } }
}
