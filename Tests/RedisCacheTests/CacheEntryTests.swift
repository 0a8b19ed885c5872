import Testing

@testable import RedisCache

struct CacheEntryTests {
    private static func encoded(_ entry: CacheEntry) -> [UInt8] {
        CacheEntry.head(tagCount: entry.tags.count)
            + entry.tags.flatMap { CacheEntry.head(of: $0.name) + $0.version } + entry.value
    }

    private static let version = Array(UInt8(0)..<UInt8(CacheEntry.versionLength))

    @Test(arguments: [
        CacheEntry(tags: [], value: []), CacheEntry(tags: [], value: [1, 2, 3]),
        CacheEntry(tags: [.init(name: "", version: version)], value: []),
        CacheEntry(tags: (0..<300).map { .init(name: "tag \($0) 🙂", version: version) }, value: [0, 255]),
    ])
    func roundTrips(_ entry: CacheEntry) { #expect(CacheEntry(Self.encoded(entry)) == entry) }

    @Test func everyTruncationWithinTheTagsIsNoEntry() {
        let bytes = Self.encoded(CacheEntry(tags: [.init(name: "tag", version: Self.version)], value: []))
        for length in 0..<bytes.count { #expect(CacheEntry(Array(bytes.prefix(length))) == nil, "\(length) bytes") }
    }

    @Test func foreignBytesAreNoEntry() {
        #expect(CacheEntry(Array("hello".utf8)) == nil)
        #expect(CacheEntry([1, 0, 1, 255, 255, 255, 255, 0]) == nil)
        #expect(CacheEntry([1, 0, 1, 0, 0, 0, 1, 0xFF] + Self.version) == nil)
    }
}
