import InProcess
import Synchronization
import Testing

@testable import ChannelSDK

/// Stale-while-revalidate, with background work that the test carries out when it likes.
@Suite(.timeLimit(.minutes(10)))
struct RevalidatingCacheTests {
    private struct Failure: Error {}

    private let clock = MovedClock()
    private let loads = Counter()
    private let background = Background()
    private let kept: InProcessCache
    private let cache: RevalidatingCache

    init() {
        kept = InProcessCache(clock: clock)
        cache = RevalidatingCache(kept, clock: clock) { [background] in background.add($0) }
    }

    private func value(tags: [String] = []) async throws -> [UInt8]? {
        try await cache.value(for: "a", fresh: .seconds(10), stale: .seconds(50), tags: tags) { [loads] in
            [UInt8(loads.next())]
        }
    }

    @Test func freshThenStaleThenGone() async throws {
        #expect(try await value() == [1])
        clock.move(by: .milliseconds(9999))
        #expect(try await value() == [1])
        #expect(background.count == 0)
        clock.move(by: .milliseconds(1))
        // Stale: given at once, and one load is begun for all who come meanwhile.
        #expect(try await value() == [1])
        #expect(try await value() == [1])
        #expect(background.count == 1 && loads.count == 1)
        await background.run()
        #expect(try await value() == [2])
        #expect(background.count == 0)
        clock.move(by: .seconds(60))
        #expect(try await value() == [3])
        #expect(loads.count == 3)
    }

    @Test func withNothingKeptOneLoadsForAll() async throws {
        let gate = Gate()
        let values = try await withThrowingTaskGroup(of: [UInt8]?.self) { callers in
            for _ in 0..<20 {
                callers.addTask {
                    try await cache.value(for: "a", fresh: .seconds(10), stale: .seconds(50)) { [loads] in
                        await gate.wait()
                        return [UInt8(loads.next())]
                    }
                }
            }
            while cache.loads.waiters(for: "a") < 20 {
                try Task.checkCancellation()
                await Task.yield()
            }
            gate.open()
            return try await callers.reduce(into: []) { $0.append($1) }
        }
        #expect(values == Array(repeating: [1], count: 20))
        #expect(loads.count == 1)
    }

    @Test func aFailureInTheBackgroundLeavesTheStaleValue() async throws {
        #expect(try await value() == [1])
        clock.move(by: .seconds(10))
        let stale = try await cache.value(for: "a", fresh: .seconds(10), stale: .seconds(50)) { throw Failure() }
        #expect(stale == [1])
        await background.run()
        #expect(try await value() == [1])
        // Which has begun another load.
        await background.run()
        #expect(try await value() == [2])
    }

    @Test func aFailureWithNothingKeptIsThrown() async throws {
        await #expect(throws: Failure.self) {
            try await cache.value(for: "a", fresh: .seconds(10), stale: .seconds(50)) { throw Failure() }
        }
        #expect(try await value() == [1])
    }

    @Test func whatIsNoMoreIsForgotten() async throws {
        #expect(try await value() == [1])
        clock.move(by: .seconds(10))
        _ = try await cache.value(for: "a", fresh: .seconds(10), stale: .seconds(50)) { nil }
        await background.run()
        #expect(try await value() == [2])
    }

    @Test func tagsForgetFreshAndStaleValues() async throws {
        #expect(try await value(tags: ["t"]) == [1])
        await kept.invalidate(tag: "t")
        #expect(try await value(tags: ["t"]) == [2])
    }

    @Test func foreignBytesAreLoadedOver() async throws {
        await kept.store([1, 2, 3], for: "a", lifetime: .seconds(60))
        #expect(try await value() == [1])
    }
}

/// Work that is carried out when the test says so.
final class Background: Sendable {
    private let jobs = Mutex<[@Sendable () async -> Void]>([])

    var count: Int { jobs.withLock { $0.count } }

    func add(_ job: @escaping @Sendable () async -> Void) { jobs.withLock { $0.append(job) } }

    func run() async {
        let taken = jobs.withLock { jobs in
            defer { jobs = [] }
            return jobs
        }
        for job in taken { await job() }
    }
}
