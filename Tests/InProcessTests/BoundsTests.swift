import ChannelConformance
import ChannelSDK
import PortConformance
import Testing

@testable import InProcess

@Suite struct BoundsTests {
    @Test func theOldestUseGoesFirst() async {
        let cache = InProcessCache(entries: 3, clock: SteppedClock())
        for key in ["a", "b", "c"] { await cache.store([1], for: key, lifetime: .seconds(60)) }
        _ = await cache.value(for: "a")
        await cache.store([2], for: "d", lifetime: .seconds(60))
        #expect(await cache.values(for: ["a", "b", "c", "d"]) == [[1], nil, [1], [2]])
    }

    @Test func bytesAreBounded() async {
        let cache = InProcessCache(bytes: 1000, clock: SteppedClock())
        await cache.store(Array(repeating: 1, count: 400), for: "a", lifetime: .seconds(60))
        await cache.store(Array(repeating: 2, count: 400), for: "b", lifetime: .seconds(60))
        await cache.store(Array(repeating: 3, count: 400), for: "c", lifetime: .seconds(60))
        #expect(await cache.values(for: ["a", "b", "c"]).map { $0?.first } == [nil, 2, 3])
        await cache.store(Array(repeating: 4, count: 1000), for: "d", lifetime: .seconds(60))
        #expect(await cache.values(for: ["b", "d"]).map { $0?.first } == [2, nil])
    }

    /// Against a model without bounds or order: whatever is asked, the books stay balanced and no value is wrong.
    @Test(arguments: [UInt64.random(in: 0 ... .max), 1, 2, 3])
    func randomUse(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var shelf = CacheShelf(entryBound: 20, byteBound: 500)
        var model: [String: (value: [UInt8], expiry: Timestamp, tags: Set<String>)] = [:]
        var now = Timestamp(milliseconds: 0)
        for step in 0..<5000 {
            let key = "key \(Int.random(in: 0..<40, using: &generator))"
            switch Int.random(in: 0..<10, using: &generator) {
            case 0..<4:
                let value = Array(
                    repeating: UInt8(truncatingIfNeeded: step), count: .random(in: 0..<60, using: &generator))
                let tags = Set((0..<3).map { "tag \($0)" }.filter { _ in Bool.random(using: &generator) })
                let expiry = now + .milliseconds(.random(in: 0..<50, using: &generator))
                shelf.store(value, for: key, until: expiry, tags: tags, at: now)
                model[key] = (value, expiry, tags)
            case 4..<8:
                if let value = shelf.value(for: key, at: now) {
                    #expect(value == model[key]?.value && model[key]!.expiry > now, "seed \(seed), step \(step)")
                }
            case 8:
                shelf.invalidate("tag 1")
                model = model.filter { !$0.value.tags.contains("tag 1") }
            default:
                shelf.remove(key)
                model[key] = nil
                now = now + .milliseconds(3)
            }
            #expect(shelf.count <= 20 && shelf.bytes <= 500 && shelf.bytes >= 0, "seed \(seed), step \(step)")
        }
        for key in 0..<40 { shelf.remove("key \(key)") }
        #expect(shelf.count == 0 && shelf.bytes == 0, "seed \(seed)")
    }

    @Test func fullBucketsAreForgotten() async {
        let clock = SteppedClock()
        let limiter = InProcessRateLimiter(clock: clock)
        let limit = RateLimit(permits: 1, per: .seconds(1))
        for number in 0..<5000 {
            _ = await limiter.take(1, of: "key \(number)", under: [limit])
            clock.advance(by: .milliseconds(10))
        }
        #expect(limiter.bucketCount < 1200)
        #expect(await limiter.take(1, of: "key 4999", under: [limit]).granted == 0)
    }

    @Test func aClockSetBackGivesNothing() async {
        let clock = SteppedClock()
        let limiter = InProcessRateLimiter(clock: clock)
        let limit = RateLimit(permits: 2, per: .seconds(1))
        #expect(await limiter.take(2, of: "a", under: [limit]).granted == 2)
        clock.advance(by: .seconds(-3600))
        #expect(await limiter.take(1, of: "a", under: [limit]).granted == 0)
        clock.advance(by: .seconds(3600))
        #expect(await limiter.take(1, of: "a", under: [limit]).granted == 0)
        clock.advance(by: .milliseconds(500))
        #expect(await limiter.take(2, of: "a", under: [limit]).granted == 1)
    }
}
