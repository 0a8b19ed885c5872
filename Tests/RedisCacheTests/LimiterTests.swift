import ChannelSDK
import Logging
import PortConformance
import Testing

@testable import RedisCache

@Suite(.timeLimit(.minutes(10)))
struct LimiterTests {
    private func limiter(
        _ configuration: RedisCache.Configuration, clock: any WallClock = SteppedClock()
    ) throws -> RedisRateLimiter {
        try RedisRateLimiter(configuration, replicas: 1, clock: clock, logger: Logger(label: "test"))
    }

    @Test func permitsThatAreWantedOftenComeInBlocks() async throws {
        let limiter = try limiter(SharedServer.configuration())
        let limit = RateLimit(permits: 1_000_000, per: .seconds(10))
        for _ in 0..<10_000 { #expect(await limiter.take(1, of: "a", under: [limit]).granted == 1) }
        // The blocks double: 1, 2, 4, … (and the first call may have to bring the script along).
        #expect(limiter.connection.traffic.current.commands <= 16)
        await limiter.close()
    }

    @Test func callersAtOnceAreAskedForTogether() async throws {
        try await PrivateServer.with { server in
            let limiter = try limiter(server.configuration)
            let limit = RateLimit(permits: 300, per: .seconds(3600))
            // The script is known from here on.
            #expect(await limiter.take(1, of: "first", under: [limit]).granted == 1)
            let before = limiter.connection.traffic.current.commands
            try await server.perform(.freeze)
            let granted = try await withThrowingTaskGroup(of: Int.self) { callers in
                for _ in 0..<200 { callers.addTask { await limiter.take(2, of: "a", under: [limit]).granted } }
                while limiter.waitingCallers < 200 {
                    try Task.checkCancellation()
                    await Task.yield()
                }
                try await server.perform(.thaw)
                return try await callers.reduce(0, +)
            }
            #expect(granted == 300)
            // One for the first caller, one for all others, and one to see that there are no more.
            #expect(limiter.connection.traffic.current.commands - before <= 3)
            await limiter.close()
        }
    }

    /// Permits taken in advance by one are none for the other; no limit is ever exceeded.
    @Test func replicasShareALimit() async throws {
        let configuration = try SharedServer.configuration()
        let limiters = try [limiter(configuration), limiter(configuration), limiter(configuration)]
        let limit = RateLimit(permits: 1000, per: .seconds(36_000))
        let granted = await withTaskGroup(of: Int.self) { callers in
            for limiter in limiters {
                for _ in 0..<4 {
                    callers.addTask {
                        var sum = 0
                        for size in 0..<60 {
                            sum += await limiter.take(size % 7 + 1, of: "a", under: [limit]).granted
                        }
                        return sum
                    }
                }
            }
            return await callers.reduce(0, +)
        }
        #expect(granted == 1000)
        for limiter in limiters { await limiter.close() }
    }

    @Test func limitsThatNobodyWouldWrite() async throws {
        let limiter = try limiter(SharedServer.configuration())
        let day = Duration.seconds(86_400)
        for limit in [
            RateLimit(permits: .max, per: .nanoseconds(1)), RateLimit(permits: .max, per: .seconds(Int64.max)),
            RateLimit(permits: 1 << 40, per: day),
        ] {
            #expect(await limiter.take(7, of: "a", under: [limit]).granted == 7)
        }
        for limit in [RateLimit(permits: -1, per: day), RateLimit(permits: 0, per: .zero)] {
            let grant = await limiter.take(7, of: "a", under: [limit])
            #expect(grant.granted == 0 && grant.retryAfter! > .zero)
        }
        #expect(await limiter.take(-1, of: "a", under: []).granted == 0)
        #expect(await limiter.take(.max, of: "b", under: [RateLimit(permits: 3, per: day)]).granted == 3)
        await limiter.close()
    }

    /// Whatever lies under a limit's key: it is a full bucket, or Redis refuses, and the share holds.
    @Test func foreignDataUnderALimitsKey() async throws {
        try await PrivateServer.with { server in
            let log = HeardLog()
            let limiter = try RedisRateLimiter(
                server.configuration, replicas: 2, clock: SteppedClock(), logger: log.logger)
            let limit = RateLimit(permits: 6, per: .seconds(3600))
            try await server.run("SET", "switchboard:limit:6/3600000000:text", "nonsense")
            #expect(await limiter.take(9, of: "text", under: [limit]).granted == 6)
            try await server.run("LPUSH", "switchboard:limit:6/3600000000:list", "nonsense")
            #expect(await limiter.take(9, of: "list", under: [limit]).granted == 3)
            #expect(await limiter.take(9, of: "list", under: [limit]).granted == 0)
            #expect(log.lines.filter { $0.contains("WRONGTYPE") }.count == 1)
            await limiter.close()
        }
    }

    /// A server whose clock was ahead: its buckets are of a future that may be far.
    @Test func aClockSetBackStopsNoLimitForLong() async throws {
        try await PrivateServer.with { server in
            let limiter = try limiter(server.configuration)
            let limit = RateLimit(permits: 5, per: .milliseconds(50))
            let key = "switchboard:limit:5/50000:a"
            // All five are missing, as of the year 2286.
            try await server.run("SET", key, "250000 9999999999000000")
            let grant = await limiter.take(1, of: "a", under: [limit])
            #expect(grant.granted == 0 && grant.retryAfter! <= .milliseconds(10))
            try await ServiceUnderTest(limiter) { try await Task.sleep(for: $0) }.pass(grant.retryAfter!)
            #expect(await limiter.take(1, of: "a", under: [limit]).granted == 1)
            await limiter.close()
        }
    }

    @Test func replicasMustBeSome() throws {
        #expect(throws: RedisError.self) {
            try RedisRateLimiter(.init(), replicas: 0, clock: SteppedClock(), logger: Logger(label: "test"))
        }
    }
}
