import ChannelSDK
import Foundation
import Logging
import RedisCache

/// Commands per second to Redis, beside redis-benchmark with the same commands, sizes and depth over one connection.
struct RedisRates {
    /// Commands that wait for their answers at the same time.
    static let depth = 64
    static let count = 64_000
    static let keys = 10_000
    static let value = [UInt8](repeating: UInt8(ascii: "x"), count: 200)

    let url: String
    let rounds: Int

    func run() async throws {
        var logger = Logger(label: "redis")
        logger.logLevel = .error
        let configuration = try RedisCache.Configuration(url: Secret(url), prefix: "rates:")
        let cache = try RedisCache(configuration, logger: logger)
        let limiter = try RedisRateLimiter(configuration, replicas: 1, clock: SystemClock(), logger: logger)
        _ = try await cache.health()
        _ = try await limiter.health()
        let bare = RedisBenchmark(host: configuration.host, port: configuration.port)

        var store = Comparison("RedisCache store", beside: "redis-benchmark SET", aim: 0.6)
        var read = Comparison("RedisCache values", beside: "redis-benchmark GET", aim: 0.6)
        var storeMany = Comparison("RedisCache store, 64 a turn", beside: "redis-benchmark SET", aim: 0.6)
        var readMany = Comparison("RedisCache values, 64 a turn", beside: "redis-benchmark MGET of 64", aim: 0.6)
        var take = Comparison("RedisRateLimiter take", beside: "redis-benchmark INCR", aim: 0.6)
        // The first round warms up, and fills the keys.
        for round in 0...rounds {
            let stored = try await Self.spent {
                await cache.store(Self.value, for: $0, lifetime: .seconds(600), tags: [])
            }
            let bareSet = try bare.run([
                "SET", Self.bareKey, String(decoding: Self.value, as: UTF8.self), "PX", "600000",
            ])
            let found = try await Self.spent { key in
                guard await cache.values(for: [key]) != [nil] else {
                    throw BackendRates.Failure("Redis has no value for \(key)")
                }
            }
            let bareGet = try bare.run(["GET", Self.bareKey])
            let storedMany = try await Self.spentTogether { keys in
                await cache.store(keys.map { CacheItem(Self.value, for: $0, lifetime: .seconds(600)) })
            }
            let foundMany = try await Self.spentTogether { keys in
                guard await !cache.values(for: keys).contains(nil) else {
                    throw BackendRates.Failure("Redis has no value for one of 64 keys")
                }
            }
            let bareMany = try bare.run(
                ["MGET"] + Array(repeating: Self.bareKey, count: Self.depth), depth: 1, count: Self.count / Self.depth)
            let taken = try await Self.spent { _ in try await Self.takeOne(from: limiter) }
            let bareIncrement = try bare.run(["INCR", "rates:limit:bare"])
            guard round > 0 else { continue }
            store.add(ours: stored, bare: bareSet)
            read.add(ours: found, bare: bareGet)
            storeMany.add(ours: storedMany, bare: bareSet)
            readMany.add(ours: foundMany, bare: bareMany.each(Self.depth))
            take.add(ours: taken, bare: bareIncrement)
        }
        await cache.close()
        await limiter.close()
        for comparison in [store, storeMany, read, readMany, take] { try comparison.print() }
    }

    /// As long as those of the cache.
    private static let bareKey = "rates:bare-:key:__rand_int__"

    private static let ownKeys = (0..<keys).map { "key:" + String(repeating: "0", count: 12 - "\($0)".count) + "\($0)" }

    /// Permits are never short here: what counting costs is measured.
    private static func takeOne(from limiter: RedisRateLimiter) async throws {
        let limit = RateLimit(permits: 100_000_000, per: .seconds(1))
        guard await limiter.take(1, of: "rates", under: [limit]).granted == 1 else {
            throw BackendRates.Failure("Redis gave no permit")
        }
    }

    /// Does it so many times, `depth` at the same time, with keys in turn.
    private static func spent(_ work: @escaping @Sendable (String) async throws -> Void) async throws -> Spent {
        let each = count / depth
        return try await Spent.measure(each * depth) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for lane in 0..<depth {
                    group.addTask {
                        for turn in 0..<each { try await work(ownKeys[(turn * depth + lane) % keys]) }
                    }
                }
                try await group.waitForAll()
            }
        }
    }

    /// The same number of keys, `depth` of them in each call of one caller.
    private static func spentTogether(_ work: @escaping @Sendable ([String]) async throws -> Void) async throws -> Spent
    {
        try await Spent.measure(count / depth * depth) {
            for turn in 0..<count / depth {
                try await work((0..<depth).map { ownKeys[(turn * depth + $0) % keys] })
            }
        }
    }
}

/// The load generator that comes with Redis: C, one connection, a pipeline of the same depth.
struct RedisBenchmark {
    let host: String
    let port: Int

    func run(_ command: [String], depth: Int = RedisRates.depth, count: Int = RedisRates.count) throws -> Spent {
        let watch = Stopwatch()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments =
            [
                "redis-benchmark", "-h", host, "-p", "\(port)", "-c", "1", "-P", "\(depth)", "-n",
                "\(count)", "-r", "\(RedisRates.keys)", "--csv",
            ] + command
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        // "COMMAND","REQUESTS A SECOND",… below a line of names. Its own rate: its start is not counted.
        let columns = text.split(separator: "\n").last.map { $0.split(separator: "\"") } ?? []
        guard process.terminationStatus == 0, columns.count > 2, let rate = Double(columns[2]), rate > 0 else {
            throw BackendRates.Failure("redis-benchmark failed: \(text)")
        }
        let spent = watch.spent(on: count)
        return Spent(items: spent.items, time: .seconds(Double(spent.items) / rate), processor: spent.processor)
    }
}

private struct SystemClock: WallClock {
    func now() -> Timestamp { Timestamp(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }
}
