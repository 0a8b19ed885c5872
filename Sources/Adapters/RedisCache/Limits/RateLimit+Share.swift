import ChannelSDK

extension RateLimit {
    /// The part of one of `replicas`: at the very rate, with its permits rounded down, but one at least.
    func share(of replicas: Int) -> RateLimit {
        guard permits > 0, replicas > 1 else { return self }
        let part = max(1, permits / replicas)
        let interval = Duration.microseconds(microseconds)
        return RateLimit(permits: part, per: interval * (Double(replicas) * Double(part) / Double(permits)))
    }

    /// The interval, from a microsecond to 31 years.
    var microseconds: Int {
        guard interval > .zero else { return 1 }
        let (seconds, attoseconds) = interval.components
        guard seconds < 1_000_000_000 else { return 1_000_000_000_000_000 }
        return max(1, Int(seconds) * 1_000_000 + Int(attoseconds / 1_000_000_000_000))
    }
}
