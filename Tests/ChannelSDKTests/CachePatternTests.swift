import ChannelSDK
import InProcess
import Synchronization
import Testing

/// The patterns over a cache of this process, with a clock that is held.
struct CachePatternTests {
    private struct Failure: Error {}

    private let clock = MovedClock()
    private let cache: InProcessCache
    private let loads = Counter()

    init() { cache = InProcessCache(clock: clock) }

    // MARK: Cache-aside

    @Test func cacheAsideLoadsOnceAndAgainWhenTheLifetimeIsOver() async throws {
        func value() async -> [UInt8]? {
            await cache.value(for: "a", lifetime: .seconds(60)) { [UInt8(loads.next())] }
        }
        #expect(await value() == [1])
        #expect(await value() == [1])
        clock.move(by: .seconds(59))
        #expect(await value() == [1])
        clock.move(by: .seconds(1))
        #expect(await value() == [2])
        #expect(loads.count == 2)
    }

    @Test func cacheAsideKeepsNeitherErrorsNorNothing() async throws {
        await #expect(throws: Failure.self) {
            try await cache.value(for: "a", lifetime: .seconds(60)) { throw Failure() }
        }
        #expect(await cache.value(for: "a", lifetime: .seconds(60)) { nil } == nil)
        #expect(await cache.value(for: "a", lifetime: .seconds(60)) { [7] } == [7])
    }

    // MARK: Write-through

    @Test func writeThroughSavesThenKeeps() async throws {
        let saved = Counter()
        let number = await cache.store([1], for: "a", lifetime: .seconds(60)) {
            // What is not saved yet nobody reads.
            #expect(await cache.value(for: "a") == nil)
            return saved.next()
        }
        #expect(number == 1 && saved.count == 1)
        #expect(await cache.value(for: "a") == [1])
    }

    @Test func writeThroughForgetsWhatMayHaveBeenSaved() async throws {
        await cache.store([1], for: "a", lifetime: .seconds(60))
        await #expect(throws: Failure.self) {
            try await cache.store([2], for: "a", lifetime: .seconds(60)) { throw Failure() }
        }
        #expect(await cache.value(for: "a") == nil)
    }

    // MARK: Versioned keys

    @Test func aNewVersionLeavesAllOlderKeysBehind() async throws {
        let keys = VersionedKeys(cache, of: "account/7")
        let other = VersionedKeys(cache, of: "account/70")
        for name in ["a", "b"] { await cache.store([1], for: keys.key(of: name), lifetime: .seconds(60)) }
        await cache.store([2], for: other.key(of: "a"), lifetime: .seconds(60))
        #expect(await cache.value(for: keys.key(of: "a")) == [1])
        let old = await keys.key(of: "a")
        await keys.renew()
        #expect(await keys.key(of: "a") != old)
        #expect(await cache.value(for: keys.key(of: "a")) == nil)
        #expect(await cache.value(for: keys.key(of: "b")) == nil)
        #expect(await cache.value(for: other.key(of: "a")) == [2])
    }

    @Test func aVersionThatWasLostDoesNotComeBack() async throws {
        let keys = VersionedKeys(cache, of: "account/7", lifetime: .seconds(60))
        let old = await keys.key(of: "a")
        #expect(await keys.key(of: "a") == old)
        clock.move(by: .seconds(60))
        #expect(await keys.key(of: "a") != old)
    }

    /// A load that began before a change ends under the old version.
    @Test func aLateLoadIsNotSeen() async throws {
        let keys = VersionedKeys(cache, of: "account/7")
        let value = await cache.value(for: keys.key(of: "a"), lifetime: .seconds(60)) {
            await keys.renew()
            return [1]
        }
        #expect(value == [1])
        #expect(await cache.value(for: keys.key(of: "a")) == nil)
    }

    @Test func namesOfKeysCanNotBeMistaken() async throws {
        let first = await VersionedKeys(cache, of: "a/b").key(of: "c")
        let second = await VersionedKeys(cache, of: "a").key(of: "b/c")
        #expect(first.drop { $0 != "/" } != second.drop { $0 != "/" })
        #expect(VersionedKeys.key(of: "c", version: "1/2") != VersionedKeys.key(of: "2/c", version: "1"))
    }

    // MARK: Tags

    @Test func aTagForgetsWhatManyKeysHold() async throws {
        func value(_ key: String) async -> [UInt8]? {
            await cache.value(for: key, lifetime: .seconds(60), tags: ["account/7", "page"]) { [UInt8(loads.next())] }
        }
        #expect(await [value("a"), value("b"), value("a")] == [[1], [2], [1]])
        await cache.store([9], for: "c", lifetime: .seconds(60), tags: ["account/8"])
        await cache.invalidate(tag: "account/7")
        #expect(await cache.value(for: "c") == [9])
        #expect(await [value("a"), value("b")] == [[3], [4]])
    }
}
