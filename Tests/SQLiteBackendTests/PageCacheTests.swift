import ChannelConformance
import GRDBSQLite
import Testing

@testable import SQLiteBackend

@Suite
struct PageCacheTests {
    /// Nobody else has asked SQLite for anything in a host before its backend does; in this process another test may have.
    @Test func aHostHasIt() async {
        await #expect(processExitsWith: .success) {
            let database = try TemporaryDatabase()
            try database.open()
            #expect(PageCache.isInstalled)
            await database.close()
        }
    }

    /// It holds what SQLite's own cache holds, whatever is asked of both.
    @Test func holdsTheSame() async {
        await #expect(processExitsWith: .success) {
            #expect(PageCache.isInstalled && sqlite3_initialize() == SQLITE_OK)
            for seed: UInt64 in 1...20 { useBoth(seed) }
        }
    }

    @Test func isLeftAloneWhereNothingIsBehindTheEnd() {
        var highest = HighestPage()
        for number: UInt32 in 1...100 { highest.add(number) }
        #expect(highest.mayReach(100) && !highest.mayReach(101))
        highest.move(7, to: Pair.lockPage)
        #expect(highest.mayReach(101))
        highest.move(9, to: 7)
        highest.move(Pair.lockPage, to: 9)
        #expect(highest.mayReach(100) && !highest.mayReach(101))
        highest.cut(below: 51)
        #expect(highest.mayReach(50) && !highest.mayReach(51))
    }

    /// Two that are moved behind all others, where only one is to be expected: none is forgotten.
    @Test func whatCameToStayIsKnown() {
        var highest = HighestPage()
        highest.add(3)
        highest.move(1, to: 20)
        highest.move(2, to: 10)
        highest.move(20, to: 1)
        #expect(highest.mayReach(10))
        highest.cut(below: 5)
        #expect(highest.mayReach(3) && !highest.mayReach(5))
        highest.move(3, to: 30)
        highest.cut(below: 31)
        #expect(highest.mayReach(30))
        highest.cut(below: 0)
        #expect(!highest.mayReach(1))
    }
}

private func useBoth(_ seed: UInt64) {
    var generator = SeededGenerator(seed: seed)
    var highest: UInt32 = 40
    let pair = Pair()
    for step in 0..<2_000 {
        let number = UInt32.random(in: 1...highest, using: &generator)
        switch Int.random(in: 0..<20, using: &generator) {
        case 0: pair.swap(number, UInt32.random(in: 1...highest, using: &generator))
        case 1:
            let limit = UInt32.random(in: 0...highest + 40, using: &generator)
            pair.both { $0.xTruncate($1, limit) }
        case 2: pair.remove(number)
        case 3: pair.both { $0.xShrink($1) }
        // Files grow, and pages behind their end are asked for.
        case 4: highest = UInt32.random(in: 1...2_000, using: &generator)
        default: pair.fetch(number)
        }
        let counts = pair.both { $0.xPagecount($1) }
        #expect(counts.own == counts.known, "seed \(seed), step \(step)")
    }
    for number in [1...2_000, Pair.lockPage...Pair.lockPage].joined() {
        let held = pair.holds(number)
        #expect(held.own == held.known, "seed \(seed), page \(number)")
    }
    pair.both { $0.xDestroy($1) }
}

/// SQLite's cache and ours, of which the same is asked.
private struct Pair {
    /// By way of which pages change places.
    static let lockPage: UInt32 = 262_145
    private let own: (methods: sqlite3_pcache_methods2, cache: OpaquePointer)
    private let known: (methods: sqlite3_pcache_methods2, cache: OpaquePointer)

    init() {
        func made(_ methods: sqlite3_pcache_methods2) -> (sqlite3_pcache_methods2, OpaquePointer) {
            let cache = methods.xCreate(4096, 128, 1)!
            methods.xCachesize(cache, 300)
            return (methods, cache)
        }
        own = made(ownPageCache)
        known = made(PageCache.methods)
    }

    @discardableResult
    func both<Value>(
        _ body: (sqlite3_pcache_methods2, OpaquePointer) -> Value
    ) -> (own: Value, known: Value) {
        (body(own.methods, own.cache), body(known.methods, known.cache))
    }

    func fetch(_ number: UInt32) {
        both { methods, cache in
            if let page = methods.xFetch(cache, number, 2) { methods.xUnpin(cache, page, 0) }
        }
    }

    func remove(_ number: UInt32) {
        both { methods, cache in
            if let page = methods.xFetch(cache, number, 0) { methods.xUnpin(cache, page, 1) }
        }
    }

    func holds(_ number: UInt32) -> (own: Bool, known: Bool) {
        both { methods, cache in
            guard let page = methods.xFetch(cache, number, 0) else { return false }
            methods.xUnpin(cache, page, 0)
            return true
        }
    }

    /// As B-trees do it.
    func swap(_ first: UInt32, _ second: UInt32) {
        guard first != second else { return }
        both { methods, cache in
            guard let one = methods.xFetch(cache, first, 2), let other = methods.xFetch(cache, second, 2) else {
                return
            }
            methods.xRekey(cache, one, first, Self.lockPage)
            methods.xRekey(cache, other, second, first)
            methods.xRekey(cache, one, Self.lockPage, second)
            methods.xUnpin(cache, one, 0)
            methods.xUnpin(cache, other, 0)
        }
    }
}
