public import ChannelSDK
import Synchronization

/// A cache in the memory of this process, bounded in entries and in bytes: what was used longest ago goes first.
public final class InProcessCache: Cache {
    private let clock: any WallClock
    private let shelf: Mutex<CacheShelf>

    /// - Parameters:
    ///   - entries: the most values held.
    ///   - bytes: the most bytes of values, keys and tags held together. A larger value is not stored.
    ///   - clock: tells when a value's lifetime is over.
    public init(entries: Int = 100_000, bytes: Int = 64 << 20, clock: any WallClock) {
        self.clock = clock
        shelf = Mutex(CacheShelf(entryBound: max(1, entries), byteBound: bytes))
    }

    public func values(for keys: [String]) async -> [[UInt8]?] {
        let now = clock.now()
        return shelf.withLock { shelf in keys.map { shelf.value(for: $0, at: now) } }
    }

    public func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        let now = clock.now()
        shelf.withLock { $0.store(value, for: key, until: now + lifetime, tags: Set(tags), at: now) }
    }

    public func remove(_ keys: [String]) async {
        shelf.withLock { shelf in
            for key in keys { shelf.remove(key) }
        }
    }

    public func invalidate(tag: String) async { shelf.withLock { $0.invalidate(tag) } }
}
