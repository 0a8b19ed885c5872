public import ChannelSDK
import Synchronization

/// A cache in this process alone, bounded in entries and bytes: what was used least lately goes first.
public final class InProcessCache: Cache {
    private struct Entry {
        let value: [UInt8]
        let expiresAt: Timestamp
        let tags: [String]
        var usedAt: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var keysByTag: [String: Set<String>] = [:]
        var bytes = 0
        var uses: UInt64 = 0
    }

    private let clock: any WallClock
    private let maxEntries: Int
    private let maxBytes: Int
    private let state = Mutex(State())

    public init(clock: any WallClock, maxEntries: Int = 100_000, maxBytes: Int = 64 << 20) {
        self.clock = clock
        self.maxEntries = max(1, maxEntries)
        self.maxBytes = max(1, maxBytes)
    }

    public func values(for keys: [String]) async -> [[UInt8]?] {
        let now = clock.now()
        return state.withLock { state in
            keys.map { key in
                guard let entry = state.entries[key] else { return nil }
                guard entry.expiresAt > now else {
                    remove(key, &state)
                    return nil
                }
                state.uses += 1
                state.entries[key]?.usedAt = state.uses
                return entry.value
            }
        }
    }

    public func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        let expiresAt = clock.now() + lifetime
        state.withLock { state in
            remove(key, &state)
            guard value.count + key.utf8.count <= maxBytes else { return }
            state.uses += 1
            state.entries[key] = Entry(value: value, expiresAt: expiresAt, tags: tags, usedAt: state.uses)
            state.bytes += value.count + key.utf8.count
            for tag in tags { state.keysByTag[tag, default: []].insert(key) }
            if state.entries.count > maxEntries || state.bytes > maxBytes { makeRoom(&state) }
        }
    }

    public func remove(_ keys: [String]) async {
        state.withLock { state in
            for key in keys { remove(key, &state) }
        }
    }

    public func invalidate(tag: String) async {
        state.withLock { state in
            for key in state.keysByTag[tag] ?? [] { remove(key, &state) }
        }
    }

    private func remove(_ key: String, _ state: inout State) {
        guard let entry = state.entries.removeValue(forKey: key) else { return }
        state.bytes -= entry.value.count + key.utf8.count
        for tag in entry.tags {
            state.keysByTag[tag]?.remove(key)
            if state.keysByTag[tag]?.isEmpty == true { state.keysByTag[tag] = nil }
        }
    }

    /// Drops a tenth at a time, so that the sort is paid for by many stores.
    private func makeRoom(_ state: inout State) {
        let oldestFirst = state.entries.sorted { $0.value.usedAt < $1.value.usedAt }.map(\.key)
        for (index, key) in oldestFirst.enumerated() {
            let isRoomy = state.entries.count <= maxEntries && state.bytes <= maxBytes
            if isRoomy, index >= oldestFirst.count / 10 { return }
            remove(key, &state)
        }
    }
}
