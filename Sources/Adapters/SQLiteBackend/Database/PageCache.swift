internal import CSQLite
internal import GRDBSQLite

/// SQLite's own page cache, which knows better when there is nothing to do.
///
/// With every commit SQLite tells the cache to drop the pages behind the file's end. The cache goes through all that it has
/// if any page's number was ever so high, and one's was: pages that change places in a tree do so by way of the number of
/// the page at 1 GiB, which is never used. So each commit to a smaller file cost a walk through up to 32,768 pages. Here
/// the highest number is known (``HighestPage``), and the cache is left alone.
enum PageCache {
    /// Takes effect for the process, if SQLite has not begun to work in it; otherwise it goes on as it is. False then.
    static let isInstalled: Bool = {
        var methods = Self.methods
        return switchboard_sqlite_configure(SQLITE_CONFIG_PCACHE2, &methods) == SQLITE_OK
    }()

    static var methods: sqlite3_pcache_methods2 {
        var methods = ownPageCache
        methods.xCreate = { pageSize, extraSize, isPurgeable in
            guard let cache = ownPageCache.xCreate(pageSize, extraSize, isPurgeable) else { return nil }
            let known = UnsafeMutablePointer<Entry>.allocate(capacity: 1)
            known.initialize(to: Entry(cache: cache))
            return OpaquePointer(known)
        }
        methods.xCachesize = { ownPageCache.xCachesize(entry($0).pointee.cache, $1) }
        methods.xPagecount = { ownPageCache.xPagecount(entry($0).pointee.cache) }
        methods.xFetch = { handle, number, creates in
            let known = entry(handle)
            guard let page = ownPageCache.xFetch(known.pointee.cache, number, creates) else { return nil }
            known.pointee.highest.add(number)
            return page
        }
        methods.xUnpin = { ownPageCache.xUnpin(entry($0).pointee.cache, $1, $2) }
        methods.xRekey = { handle, page, old, new in
            let known = entry(handle)
            ownPageCache.xRekey(known.pointee.cache, page, old, new)
            known.pointee.highest.move(old, to: new)
        }
        methods.xTruncate = { handle, limit in
            let known = entry(handle)
            guard known.pointee.highest.mayReach(limit) else { return }
            ownPageCache.xTruncate(known.pointee.cache, limit)
            known.pointee.highest.cut(below: limit)
        }
        methods.xDestroy = { handle in
            let known = entry(handle)
            ownPageCache.xDestroy(known.pointee.cache)
            known.deallocate()
        }
        methods.xShrink = { ownPageCache.xShrink(entry($0).pointee.cache) }
        return methods
    }
}

/// A cache of SQLite's, and what is known of it.
private struct Entry {
    let cache: OpaquePointer
    var highest = HighestPage()
}

/// As SQLite had it when it was asked for the first time, which must be before it works.
///
/// Unsafe by its type only, which is C's: a table of functions, and a pointer that is null in SQLite's own. It is written once,
/// when it is first read, and never after; a C function can capture nothing, so that it can stand nowhere but in a global.
nonisolated(unsafe) let ownPageCache: sqlite3_pcache_methods2 = {
    var methods = sqlite3_pcache_methods2()
    _ = switchboard_sqlite_configure(SQLITE_CONFIG_GETPCACHE2, &methods)
    return methods
}()

private func entry(_ handle: OpaquePointer?) -> UnsafeMutablePointer<Entry> { UnsafeMutablePointer(handle!) }

/// What the numbers of a cache's pages reach to at most. Pages are numbered from 1.
struct HighestPage {
    /// No number is above it, but for `passing`.
    private var bound: UInt32 = 0
    /// One page's that is on its way from one number among the others to another; 0: none is.
    private var passing: UInt32 = 0

    mutating func add(_ number: UInt32) { bound = max(bound, number) }

    mutating func move(_ old: UInt32, to new: UInt32) {
        if old == passing { passing = 0 }
        guard new > bound else { return }
        guard passing > 0 else { return passing = new }
        // Only one can be told apart.
        bound = max(passing, new)
    }

    /// False: no page has this number, or a higher one.
    func mayReach(_ number: UInt32) -> Bool { max(bound, passing) >= number }

    /// There are none any more from `limit` on.
    mutating func cut(below limit: UInt32) {
        let highest = max(limit, 1) - 1
        bound = min(bound, highest)
        if passing > highest { passing = 0 }
    }
}
