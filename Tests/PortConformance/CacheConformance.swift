public import ChannelSDK
import Testing

/// What every cache must do. That a value may be gone at any time is a promise to the cache, not a habit: a little cache
/// that has room is expected to keep what it was just given.
public enum CacheConformance {
    public static let cases: [ServiceCase<any Cache>] = [
        .init("values come back in the order of the keys", valuesInOrder),
        .init("a later value replaces an earlier one, and its tags", replaced),
        .init("many are stored in one turn, as one after the other", storedTogether),
        .init("a value is gone after its lifetime", lifetimesEnd),
        .init("removed values are gone, others stay", removed),
        .init("a tag forgets all its values and no others", tagsForget),
        .init("many callers at once", manyCallers),
    ]

    @Sendable static func valuesInOrder(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        #expect(await cache.values(for: ["a"]) == [nil])
        #expect(await cache.values(for: []).isEmpty)
        await cache.store([1], for: "a", lifetime: .seconds(60))
        await cache.store([], for: "", lifetime: .seconds(60))
        await cache.store(Array(0...255), for: "schlüssel 🙂", lifetime: .seconds(60))
        let values = await cache.values(for: ["schlüssel 🙂", "b", "a", "", "a"])
        #expect(values == [Array(0...255), nil, [1], [], [1]])
    }

    @Sendable static func replaced(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        await cache.store([1], for: "a", lifetime: .seconds(60), tags: ["old"])
        await cache.store([2], for: "a", lifetime: .seconds(60), tags: ["new"])
        await cache.invalidate(tag: "old")
        #expect(await cache.value(for: "a") == [2])
        await cache.invalidate(tag: "new")
        #expect(await cache.value(for: "a") == nil)
    }

    @Sendable static func storedTogether(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        await cache.store([])
        await cache.store([9], for: "kept no longer", lifetime: .seconds(60))
        await cache.store([
            CacheItem([1], for: "a", lifetime: .seconds(60)),
            CacheItem([2], for: "b", lifetime: .seconds(60), tags: ["x"]),
            CacheItem([3], for: "kept no longer", lifetime: .zero),
            CacheItem([4], for: "a", lifetime: .seconds(60)),
            CacheItem([5], for: "c", lifetime: .seconds(60)),
        ])
        #expect(await cache.values(for: ["a", "b", "c", "kept no longer"]) == [[4], [2], [5], nil])
        await cache.invalidate(tag: "x")
        #expect(await cache.values(for: ["a", "b", "c"]) == [[4], nil, [5]])
    }

    @Sendable static func lifetimesEnd(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        await cache.store([1], for: "short", lifetime: .milliseconds(100))
        await cache.store([2], for: "long", lifetime: .seconds(600))
        await cache.store([3], for: "none", lifetime: .zero)
        #expect(await cache.value(for: "none") == nil)
        try await service.pass(.milliseconds(101))
        #expect(await cache.values(for: ["short", "long"]) == [nil, [2]])
        await cache.store([4], for: "short", lifetime: .seconds(600))
        #expect(await cache.value(for: "short") == [4])
    }

    @Sendable static func removed(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        for key in ["a", "b", "c"] { await cache.store(Array(key.utf8), for: key, lifetime: .seconds(60)) }
        await cache.remove(["a", "c", "never there"])
        #expect(await cache.values(for: ["a", "b", "c"]) == [nil, [98], nil])
    }

    @Sendable static func tagsForget(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        await cache.store([1], for: "a", lifetime: .seconds(60), tags: ["x", "y"])
        await cache.store([2], for: "b", lifetime: .seconds(60), tags: ["y"])
        await cache.store([3], for: "c", lifetime: .seconds(60), tags: ["z"])
        await cache.invalidate(tag: "unknown")
        await cache.invalidate(tag: "x")
        #expect(await cache.values(for: ["a", "b", "c"]) == [nil, [2], [3]])
        await cache.store([4], for: "a", lifetime: .seconds(60), tags: ["y"])
        await cache.invalidate(tag: "y")
        #expect(await cache.values(for: ["a", "b", "c"]) == [nil, nil, [3]])
    }

    @Sendable static func manyCallers(_ service: ServiceUnderTest<any Cache>) async throws {
        let cache = service.port
        await withTaskGroup { tasks in
            for caller in 0..<8 {
                tasks.addTask {
                    for number in 0..<50 {
                        let value = [UInt8(caller), UInt8(number)]
                        await cache.store(value, for: "\(caller)/\(number)", lifetime: .seconds(60), tags: ["all"])
                        #expect(await cache.value(for: "\(caller)/\(number)") == value)
                    }
                }
            }
        }
        await cache.invalidate(tag: "all")
        #expect(await cache.values(for: (0..<8).map { "\($0)/49" }) == Array(repeating: nil, count: 8))
    }
}
