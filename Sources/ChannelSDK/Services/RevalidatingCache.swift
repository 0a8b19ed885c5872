import Synchronization

/// Stale-while-revalidate: a value that is no longer fresh is given at once, and loaded anew behind the caller's back.
///
/// Per key and process one load runs at a time, also where nothing is kept and all have to wait for it. A load in the
/// background that fails leaves the stale value; the next caller begins another.
public final class RevalidatingCache: Sendable {
    private let cache: any Cache
    private let clock: any WallClock
    private let background: @Sendable (@escaping @Sendable () async -> Void) -> Void
    let loads = SingleFlight<[UInt8]?>()
    /// Keys that are being loaded in the background.
    private let revalidating = Mutex<Set<String>>([])

    /// - Parameters:
    ///   - clock: tells what is fresh. Replicas share the moment until which a value is fresh, so their clocks should agree.
    ///   - background: runs a load that nobody waits for; as a task, unless a test wants it otherwise.
    public init(
        _ cache: any Cache, clock: any WallClock,
        background: @escaping @Sendable (@escaping @Sendable () async -> Void) -> Void = { load in Task { await load() }
        }
    ) {
        (self.cache, self.clock, self.background) = (cache, clock, background)
    }

    /// The value of `key`, fresh or stale; else what `load` finds.
    /// - Parameters:
    ///   - fresh: how long a loaded value is given without another thought.
    ///   - stale: how much longer it is given while another is loaded.
    ///   - load: finds the value at its source; nil where there is none, and then none is kept.
    /// - Throws: what `load` throws where nothing is kept; `CancellationError` when the caller is cancelled meanwhile.
    public func value(
        for key: String, fresh: Duration, stale: Duration, tags: [String] = [],
        load: @escaping @Sendable () async throws -> [UInt8]?
    ) async throws -> [UInt8]? {
        let reload: @Sendable () async throws -> [UInt8]? = { [cache, clock] in
            guard let loaded = try await load() else {
                await cache.remove([key])
                return nil
            }
            let entry = Entry(value: loaded, freshUntil: clock.now() + fresh)
            await cache.store(entry.bytes, for: key, lifetime: fresh + stale, tags: tags)
            return loaded
        }
        if let entry = await kept(key) {
            if entry.freshUntil <= clock.now() { revalidate(key, reload) }
            return entry.value
        }
        return try await loads.value(for: key) {
            // Whoever flew just before may have brought it.
            if let entry = await self.kept(key), entry.freshUntil > self.clock.now() { return entry.value }
            return try await reload()
        }
    }

    private func kept(_ key: String) async -> Entry? { await cache.value(for: key).flatMap(Entry.init(bytes:)) }

    private func revalidate(_ key: String, _ reload: @escaping @Sendable () async throws -> [UInt8]?) {
        guard revalidating.withLock({ $0.insert(key).inserted }) else { return }
        background {
            // What failed is tried again by the next caller: until then there is the stale value.
            _ = try? await self.loads.value(for: key, work: reload)
            self.revalidating.withLock { _ = $0.remove(key) }
        }
    }
}

/// A value with the moment until which it is fresh, in one value of the cache.
private struct Entry {
    let value: [UInt8]
    let freshUntil: Timestamp

    init(value: [UInt8], freshUntil: Timestamp) { (self.value, self.freshUntil) = (value, freshUntil) }

    /// Nil for bytes that are no entry: another's under the same key is no reason to fail.
    init?(bytes: [UInt8]) {
        guard bytes.count >= 8 else { return nil }
        let moment = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(
            value: Array(bytes.dropFirst(8)), freshUntil: Timestamp(milliseconds: Int64(bitPattern: moment)))
    }

    var bytes: [UInt8] {
        let moment = UInt64(bitPattern: freshUntil.milliseconds)
        return (0..<8).map { UInt8(truncatingIfNeeded: moment >> (56 - 8 * $0)) } + value
    }
}
