import ChannelSDK
import Logging
import Testing

@testable import RedisCache

@Suite(.timeLimit(.minutes(10)))
struct ValueTests {
    @Test func hugeAndBinaryValues() async throws {
        let cache = try RedisCache(SharedServer.configuration(), logger: Logger(label: "test"))
        var huge: [UInt8] = (0..<4096).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 13) }
        while huge.count < 8 << 20 { huge += huge }
        let texts = ["\u{0}", "a\r\n$3\r\nb", "*1\r\n", "%b %s {x} [*?]", String(repeating: "long 🙂", count: 10_000)]
        for text in texts {
            await cache.store(Array(text.utf8), for: text, lifetime: .seconds(60))
            await cache.store(Array(text.utf8.reversed()), for: "tagged \(text)", lifetime: .seconds(60), tags: [text])
        }
        await cache.store(huge, for: "huge", lifetime: .seconds(60), tags: texts)
        let values = await cache.values(for: ["huge"] + texts + texts.map { "tagged \($0)" })
        #expect(values[0] == huge)
        #expect(values[1...5].elementsEqual(texts.map { Array($0.utf8) }))
        #expect(values[6...].elementsEqual(texts.map { Array($0.utf8.reversed()) }))
        await cache.invalidate(tag: texts[4])
        #expect(
            await cache.values(for: ["huge", "tagged \(texts[4])", texts[4]]).map { $0 == nil } == [true, true, false])
        await cache.close()
    }

    @Test func oddStores() async throws {
        let cache = try RedisCache(SharedServer.configuration(), logger: Logger(label: "test"))
        await cache.store([1], for: "large", lifetime: .seconds(60))
        await cache.store(Array(repeating: 0, count: RedisCache.valueBound + 1), for: "large", lifetime: .seconds(60))
        await cache.store([1], for: "negative", lifetime: .seconds(60))
        await cache.store([2], for: "negative", lifetime: .seconds(-1))
        await cache.store([3], for: "forever", lifetime: .seconds(Int64.max), tags: ["t", "t"])
        await cache.store([4], for: "short", lifetime: .nanoseconds(1))
        await cache.remove([])
        #expect(await cache.values(for: ["large", "negative", "forever"]) == [nil, nil, [3]])
        await cache.close()
    }

    @Test func tagsLiveAsLongAsTheirLongestValue() async throws {
        let configuration = try SharedServer.configuration()
        let cache = try RedisCache(configuration, logger: Logger(label: "test"))
        for (number, lifetimes) in [[600, 60], [60, 600]].enumerated() {
            for lifetime in lifetimes {
                await cache.store([1], for: "\(lifetime)", lifetime: .seconds(lifetime), tags: ["tag \(number)"])
            }
            var question = RedisCommands("PTTL", arguments: 1)
            question.append("\(configuration.prefix)tag:tag \(number)")
            guard case .integer(let milliseconds) = try await cache.connection.perform(question) else {
                Issue.record("PTTL answers with a number")
                continue
            }
            #expect((300_000...600_000).contains(milliseconds))
        }
        await cache.close()
    }

    @Test func prefixesAndDatabasesAreApart() async throws {
        let configuration = try SharedServer.configuration()
        var (other, sameName) = (configuration, configuration)
        other.database = 1
        sameName.prefix += "x"
        let caches = try [configuration, other, sameName].map { try RedisCache($0, logger: Logger(label: "test")) }
        for (number, cache) in caches.enumerated() {
            #expect(await cache.value(for: "a") == nil)
            await cache.store([UInt8(number)], for: "a", lifetime: .seconds(60), tags: ["t"])
        }
        await caches[0].invalidate(tag: "t")
        #expect(await caches[0].value(for: "a") == nil)
        #expect(await caches[1].value(for: "a") == [1])
        #expect(await caches[2].value(for: "a") == [2])
        for cache in caches { await cache.close() }
    }

    @Test func twoReplicasShareValues() async throws {
        let configuration = try SharedServer.configuration()
        let first = try RedisCache(configuration, logger: Logger(label: "test"))
        let second = try RedisCache(configuration, logger: Logger(label: "test"))
        await first.store([1], for: "a", lifetime: .seconds(60), tags: ["t"])
        #expect(await second.value(for: "a") == [1])
        await second.invalidate(tag: "t")
        #expect(await first.value(for: "a") == nil)
        await first.close()
        await second.close()
    }

    @Test func aClosedCacheIsEmpty() async throws {
        let cache = try RedisCache(SharedServer.configuration(), logger: Logger(label: "test"))
        await cache.store([1], for: "a", lifetime: .seconds(60))
        await cache.close()
        await cache.store([2], for: "a", lifetime: .seconds(60))
        #expect(await cache.value(for: "a") == nil)
        await #expect(throws: RedisError.closed) { try await cache.health() }
        await cache.close()
    }
}
