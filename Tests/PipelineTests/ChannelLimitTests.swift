import ChannelSDK
import InProcess
import Synchronization
import Testing

@testable import Pipeline

/// Remembers how many permits it gave.
private final class CountingLimiter: RateLimiter {
    private let limiter: InProcessRateLimiter
    private let given = Mutex(0)

    init(clock: any WallClock) { limiter = InProcessRateLimiter(clock: clock) }

    var count: Int { given.withLock { $0 } }

    func take(_ count: Int, of key: String, under limits: [RateLimit]) async -> RateLimitGrant {
        let grant = await limiter.take(count, of: key, under: limits)
        given.withLock { $0 += grant.granted }
        return grant
    }
}

@Suite(.timeLimit(.minutes(10))) struct ChannelLimitTests {
    private let recipient = "+15551230001"

    private func isTaken(_ deliveries: [DeliveryState]) -> Bool { deliveries.last?.status == "queued" }

    /// A channel with little to send leaves the rest to other replicas, and saves nothing up.
    @Test func permitsAreTakenForWhatIsThere() async throws {
        let limiter = CountingLimiter(clock: HeldClock())
        let limit = RateLimit(permits: 1000, per: .seconds(3600))
        try await OptOutWorld.run(limits: [limit], limiter: limiter) { (world) async throws in
            for _ in 0..<20 {
                _ = try await world.deliveries(of: world.send(recipient), until: isTaken)
                // Longer than permits are kept, and long enough for the channel to look again by itself.
                world.clock.advance(by: .seconds(2))
            }
            #expect(world.provider.sent.count == 20)
            #expect(limiter.count <= 40)
        }
    }

    /// Fewer permits than there are places kept for urgent deliveries: the others are sent all the same.
    @Test func aNarrowLimitHoldsNobodyUp() async throws {
        try await OptOutWorld.run(limits: [RateLimit(permits: 2, per: .seconds(1))]) { (world) async throws in
            var ids: [NotificationID] = []
            for _ in 0..<12 { ids.append(try await world.send(recipient)) }
            let start = world.clock.now()
            for id in ids {
                _ = try await world.deliveries(of: id) { deliveries in
                    world.clock.advance(by: .milliseconds(1))
                    return isTaken(deliveries)
                }
            }
            #expect(world.provider.sent.count == 12)
            // Two at once, and ten that came back one by one.
            #expect(world.clock.now().since(start) >= .seconds(5))
        }
    }

    @Test func thePurse() {
        var purse = PermitPurse()
        var now = Timestamp(seconds: 1_000_000)
        /// What is here and what is asked for; all of that is granted, and `used` of both together.
        func turn(_ room: Int, used: Int? = nil) -> [Int] {
            let drawn = purse.draw(for: room, at: now)
            purse.settle(granted: drawn.here + drawn.toAsk, used: used ?? drawn.here + drawn.toAsk, at: now)
            return [drawn.here, drawn.toAsk]
        }
        var turns: [[Int]] = []
        for _ in 0..<5 { turns.append(turn(10)) }
        #expect(turns == [[0, 1], [0, 2], [0, 4], [0, 8], [0, 10]])
        // Three of ten were of use: seven are used next.
        turns = [turn(10, used: 3), turn(10), turn(10), turn(10)]
        #expect(turns == [[0, 10], [3, 0], [4, 2], [0, 10]])
        turns = [turn(10, used: 0)]
        now = now + .milliseconds(499)
        turns.append(turn(10))
        now = now + .milliseconds(1)
        turns.append(turn(10))
        #expect(turns == [[0, 10], [1, 0], [0, 2]])
        // What was put back does not make older ones younger.
        purse.putBack(1, at: now)
        now = now + .milliseconds(400)
        purse.putBack(1, at: now)
        now = now + .milliseconds(100)
        #expect(turn(10) == [0, 4])
        #expect(turn(0) == [0, 0])
    }
}
