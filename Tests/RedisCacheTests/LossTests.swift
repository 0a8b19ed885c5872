import ChannelSDK
import Logging
import PortConformance
import Testing

@testable import RedisCache

/// A server that is killed, frozen or flushed: nobody waits for it for long, and everything comes back by itself.
@Suite(.timeLimit(.minutes(10)), .serialized)
struct LossTests {
    private static func hourly(_ permits: Int) -> RateLimit { RateLimit(permits: permits, per: .seconds(3600)) }

    @Test func aKilledCacheIsBypassedAndComesBack() async throws {
        try await PrivateServer.with { server in
            let log = HeardLog()
            let cache = try RedisCache(server.configuration, logger: log.logger)
            for round in 0..<3 {
                await cache.store([UInt8(round)], for: "a", lifetime: .seconds(60), tags: ["t"])
                #expect(await cache.value(for: "a") == [UInt8(round)])
                try await server.perform(.kill)
                await log.next("Redis is lost")
                await cache.store([9], for: "a", lifetime: .seconds(60))
                await cache.invalidate(tag: "t")
                await cache.remove(["a"])
                #expect(await cache.values(for: ["a", "b"]) == [nil, nil])
                await #expect(throws: RedisError.self) { try await cache.health() }
                try await server.perform(.start)
                await log.next("Redis is back")
                #expect(await cache.value(for: "a") == nil)
            }
            await cache.close()
        }
    }

    @Test func limitsFallBackToAShareAndComeBack() async throws {
        try await PrivateServer.with { server in
            let log = HeardLog()
            let limiter = try RedisRateLimiter(
                server.configuration, replicas: 4, clock: SteppedClock(), logger: log.logger)
            #expect(await limiter.take(100, of: "before", under: [Self.hourly(40)]).granted == 40)
            #expect(await limiter.take(4, of: "some", under: [Self.hourly(40)]).granted == 4)
            try await server.perform(.kill)
            await log.next("Redis is lost")
            let alone = await limiter.take(100, of: "new", under: [Self.hourly(40)])
            #expect(alone.granted == 10 && alone.retryAfter == .seconds(360))
            // What was used while Redis counted is used.
            #expect(await limiter.take(100, of: "before", under: [Self.hourly(40)]).granted == 0)
            #expect(await limiter.take(100, of: "some", under: [Self.hourly(40)]).granted == 6)
            try await server.perform(.start)
            await log.next("Redis is back")
            #expect(await limiter.take(100, of: "new", under: [Self.hourly(40)]).granted == 40)
            await limiter.close()
        }
    }

    /// The server's kernel still takes connections and bytes; nobody answers.
    @Test func aFrozenServerIsGivenUp() async throws {
        try await PrivateServer.with { server in
            let log = HeardLog()
            var configuration = server.configuration
            configuration.commandTimeout = .seconds(1)
            configuration.connectTimeout = .seconds(1)
            let cache = try RedisCache(configuration, logger: log.logger)
            await cache.store([1], for: "a", lifetime: .seconds(60))
            await cache.store([2], for: "b", lifetime: .seconds(60), tags: ["t"])
            #expect(await cache.values(for: ["a", "b"]) == [[1], [2]])
            try await server.perform(.freeze)
            // Who is first waits for the timeout, whoever comes later not even for that: nothing is sent any more.
            #expect(await cache.value(for: "a") == nil)
            let sent = cache.connection.traffic.current
            for _ in 0..<100 { #expect(await cache.values(for: ["a", "b"]) == [nil, nil]) }
            await cache.remove(["a"])
            await cache.invalidate(tag: "t")
            await #expect {
                try await cache.health()
            } throws: {
                ($0 as? RedisError)?.code == .unreachable && "\($0)".contains("did not answer")
            }
            #expect(cache.connection.traffic.current == sent)
            try await server.perform(.thaw)
            await log.next("Redis is back")
            // It has not lost its data; what was removed meanwhile is.
            #expect(await cache.values(for: ["a", "b"]) == [nil, nil])
            await cache.close()
        }
    }

    @Test func aServerFrozenFromTheStartIsNotWaitedFor() async throws {
        try await PrivateServer.with { server in
            try await server.perform(.freeze)
            var configuration = server.configuration
            configuration.connectTimeout = .milliseconds(100)
            let cache = try RedisCache(configuration, logger: Logger(label: "test"))
            #expect(await cache.value(for: "a") == nil)
            let limiter = try RedisRateLimiter(
                configuration, replicas: 2, clock: SteppedClock(), logger: Logger(label: "test"))
            #expect(await limiter.take(9, of: "a", under: [Self.hourly(10)]).granted == 5)
            await cache.close()
            await limiter.close()
        }
    }

    @Test func flushingIsHarmless() async throws {
        try await PrivateServer.with { server in
            let cache = try RedisCache(server.configuration, logger: Logger(label: "test"))
            let limiter = try RedisRateLimiter(
                server.configuration, replicas: 1, clock: SteppedClock(), logger: Logger(label: "test"))
            await cache.store([1], for: "a", lifetime: .seconds(60), tags: ["t"])
            #expect(await limiter.take(9, of: "a", under: [Self.hourly(5)]).granted == 5)
            #expect(try await server.run("FLUSHALL") == .status("OK"))
            #expect(await cache.value(for: "a") == nil)
            #expect(await limiter.take(9, of: "a", under: [Self.hourly(5)]).granted == 5)
            await cache.store([2], for: "a", lifetime: .seconds(60), tags: ["t"])
            #expect(await cache.value(for: "a") == [2])
            await cache.invalidate(tag: "t")
            #expect(await cache.value(for: "a") == nil)
            await cache.close()
            await limiter.close()
        }
    }

    /// As when memory is short: the version of a tag may go before its values do.
    @Test func aTagThatIsGoneTakesItsValuesAlong() async throws {
        try await PrivateServer.with { server in
            let cache = try RedisCache(server.configuration, logger: Logger(label: "test"))
            await cache.store([1], for: "a", lifetime: .seconds(60), tags: ["t", "u"])
            #expect(try await server.run("DEL", "switchboard:tag:t") == .integer(1))
            #expect(await cache.value(for: "a") == nil)
            await cache.store([2], for: "b", lifetime: .seconds(60), tags: ["t"])
            #expect(await cache.values(for: ["a", "b"]) == [nil, [2]])
            await cache.close()
        }
    }

    @Test func unknownScriptsAreSentAgain() async throws {
        try await PrivateServer.with { server in
            let log = HeardLog()
            let cache = try RedisCache(server.configuration, logger: log.logger)
            let limiter = try RedisRateLimiter(
                server.configuration, replicas: 1, clock: SteppedClock(), logger: log.logger)
            for round in 0..<3 {
                #expect(try await server.run("SCRIPT", "FLUSH") == .status("OK"))
                let grant = await limiter.take(1, of: "a", under: [Self.hourly(2)])
                #expect(grant.granted == (round < 2 ? 1 : 0))
                await cache.store([UInt8(round)], for: "a", lifetime: .seconds(60), tags: ["t"])
                #expect(await cache.value(for: "a") == [UInt8(round)])
            }
            #expect(limiter.connection.traffic.current.commands == 6)
            #expect(await limiter.take(1, of: "a", under: [Self.hourly(2)]).granted == 0)
            #expect(limiter.connection.traffic.current.commands == 7)
            #expect(log.lines.isEmpty)
            await cache.close()
            await limiter.close()
        }
    }

    /// A server that has no room left refuses to store, and would keep what it has.
    @Test func aRefusedStoreForgetsTheOldValue() async throws {
        try await PrivateServer.with { server in
            let cache = try RedisCache(server.configuration, logger: Logger(label: "test"))
            await cache.store([1], for: "plain", lifetime: .seconds(60))
            await cache.store([1], for: "tagged", lifetime: .seconds(60), tags: ["t"])
            #expect(try await server.run("CONFIG", "SET", "maxmemory", "1") == .status("OK"))
            await cache.store([2], for: "plain", lifetime: .seconds(60))
            await cache.store([2], for: "tagged", lifetime: .seconds(60), tags: ["t"])
            let values = await cache.values(for: ["plain", "tagged"])
            // A script that has lengthened the life of a tag may store what comes with it.
            #expect(values[0] == nil && values[1] != [1])
            await cache.close()
        }
    }

    @Test func killedUnderLoadEveryCallerReturns() async throws {
        try await PrivateServer.with { server in
            let log = HeardLog()
            let cache = try RedisCache(server.configuration, logger: log.logger)
            let limiter = try RedisRateLimiter(
                server.configuration, replicas: 2, clock: RunningClock(), logger: log.logger)
            _ = try await cache.health()
            try await withThrowingTaskGroup { callers in
                for caller in 0..<8 {
                    callers.addTask {
                        while !Task.isCancelled {
                            await cache.store([1], for: "\(caller)", lifetime: .seconds(60), tags: ["t"])
                            let value = await cache.value(for: "\(caller)")
                            #expect(value == nil || value == [1])
                            _ = await limiter.take(1, of: "a", under: [RateLimit(permits: 100, per: .seconds(1))])
                        }
                    }
                }
                for _ in 0..<3 {
                    try await server.perform(.kill)
                    for _ in 0..<2 { await log.next("Redis is lost") }
                    try await server.perform(.start)
                    for _ in 0..<2 { await log.next("Redis is back") }
                }
                callers.cancelAll()
                try await callers.waitForAll()
            }
            await cache.store([2], for: "after", lifetime: .seconds(60))
            #expect(await cache.value(for: "after") == [2])
            await cache.close()
            await limiter.close()
        }
    }
}
