import ChannelSDK
import Foundation
import InProcess
import Testing

/// docs/caching.md shows the code of this file, word for word.
struct CachingGuideTests {
    private let clock = MovedClock()
    private let cache: any Cache
    private let source = Source()

    init() { cache = InProcessCache(clock: clock) }

    @Test func cacheAside() async throws {
        for _ in 0..<3 {
            let page = try await cache.value(for: "page/7", lifetime: .seconds(300)) { try await source.load("7") }
            #expect(page == Array("7, version 1".utf8))
        }
        #expect(source.loads.count == 1)
    }

    @Test func writeThrough() async throws {
        let page = Array("new".utf8)
        try await cache.store(page, for: "page/7", lifetime: .seconds(300)) { try await source.save(page) }
        #expect(await cache.value(for: "page/7") == page)
        #expect(source.saves.count == 1)
    }

    @Test func versionedKeys() async throws {
        for round in 1...2 {
            let keys = VersionedKeys(cache, of: "account/7")
            let page = try await cache.value(for: keys.key(of: "page/7"), lifetime: .seconds(300)) {
                try await source.load("7")
            }
            await keys.renew()
            #expect(page == Array("7, version \(round)".utf8))
        }
    }

    @Test func tags() async throws {
        let page = Array("new".utf8)
        await cache.store(page, for: "page/7", lifetime: .seconds(300), tags: ["account/7", "pages"])
        await cache.invalidate(tag: "account/7")
        #expect(await cache.value(for: "page/7") == nil)
    }

    @Test func staleWhileRevalidate() async throws {
        let pages = RevalidatingCache(cache, clock: clock)
        let page = try await pages.value(for: "page/7", fresh: .seconds(60), stale: .seconds(600)) {
            try await source.load("7")
        }
        #expect(page == Array("7, version 1".utf8))
    }

    @Test func singleFlight() async throws {
        let flights = SingleFlight<[UInt8]?>()
        let page = try await flights.value(for: "page/7") {
            try await cache.value(for: "page/7", lifetime: .seconds(300)) { try await source.load("7") }
        }
        #expect(page == Array("7, version 1".utf8))
    }

    /// Every line of code in the guide stands here, in its order.
    @Test func theGuideShowsThisCode() throws {
        let here = URL(filePath: #filePath)
        let code = try lines(of: here)
        let guide = try lines(of: here.deletingLastPathComponent().appending(path: "../../docs/caching.md"))
        var blocks: [[String]] = []
        var isCode = false
        for line in guide {
            if line.hasPrefix("```") {
                isCode.toggle()
                if isCode { blocks.append([]) }
            } else if isCode {
                blocks[blocks.count - 1].append(line)
            }
        }
        #expect(blocks.count == 6)
        for block in blocks {
            #expect(code.contains(block), "not in the tests: \(block.joined(separator: "\n"))")
        }
    }

    private func lines(of file: URL) throws -> [String] {
        try String(contentsOf: file, encoding: .utf8).split(separator: "\n", omittingEmptySubsequences: false).map {
            $0.trimmingCharacters(in: .whitespaces)
        }
    }
}

/// Where pages come from.
private final class Source: Sendable {
    let loads = Counter()
    let saves = Counter()

    func load(_ name: String) async throws -> [UInt8] { Array("\(name), version \(loads.next())".utf8) }

    func save(_ page: [UInt8]) async throws { _ = saves.next() }
}
