import ChannelSDK

/// What a limited channel asks of its rate limiter. A value: its user holds the clock and asks.
///
/// It asks for as many permits as were of use the last time, and for twice as many while all of them are. What is left
/// over is used next, and soon, or not at all: permits that were kept would let through more at once than the limit does.
struct PermitPurse: Sendable {
    private static let lifetime = Duration.milliseconds(500)

    private var kept = 0
    private var keptSince = Timestamp.distantPast
    private var appetite = 1

    /// - Returns: permits that are here, and how many more to ask for, for at most `room` sends.
    mutating func draw(for room: Int, at now: Timestamp) -> (here: Int, toAsk: Int) {
        let age = now.since(keptSince)
        if age >= Self.lifetime || age < .zero { kept = 0 }
        let wanted = min(room, appetite)
        let here = min(kept, wanted)
        kept -= here
        return (here, wanted - here)
    }

    /// - Parameters:
    ///   - granted: what was here and what was got.
    ///   - used: how many of them.
    mutating func settle(granted: Int, used: Int, at now: Timestamp) {
        if used == granted, granted >= appetite {
            appetite = min(appetite * 2, 1 << 20)
        } else if used < granted {
            appetite = max(1, used)
        }
        putBack(granted - used, at: now)
    }

    /// Permits whose sends did not take place.
    mutating func putBack(_ count: Int, at now: Timestamp) {
        guard count > 0 else { return }
        if kept == 0 { keptSince = now }
        kept += count
    }
}
