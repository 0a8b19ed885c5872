import ChannelSDK
import Synchronization

/// What was read from the store moments ago, for requests that come by the thousand. In this process only: who could
/// write to a cache that others share must not be able to make keys.
final class Recent<Value: Sendable>: Sendable {
    private struct State {
        var entries: [String: (value: Value, since: Timestamp)] = [:]
        /// Raised when something is forgotten: what was being read meanwhile is not kept.
        var changes = 0
    }

    /// How long another replica's change may stay unseen.
    private let lifetime: Duration
    private let bound: Int
    private let clock: any WallClock
    private let state = Mutex(State())

    init(lifetime: Duration, bound: Int = 10_000, clock: any WallClock) {
        self.lifetime = lifetime
        self.bound = bound
        self.clock = clock
    }

    /// The value of `key`, by `read` unless it was read within the lifetime. That there is none is not remembered.
    func value(for key: String, _ read: () async throws -> Value?) async throws -> Value? {
        let now = clock.now()
        let (known, changes) = state.withLock { state in (state.entries[key], state.changes) }
        // A clock that was set back must not make a value last.
        if let known, known.since <= now, now < known.since + lifetime { return known.value }
        guard let value = try await read() else { return nil }
        state.withLock { state in
            guard state.changes == changes else { return }
            if state.entries.count >= bound { state.entries.removeAll() }
            state.entries[key] = (value, now)
        }
        return value
    }

    /// Whether there was a value of `key` not long ago, however old what is known of it.
    func hasSeen(_ key: String) -> Bool { state.withLock { $0.entries[key] != nil } }

    func forget(_ key: String) {
        state.withLock { state in
            state.entries[key] = nil
            state.changes += 1
        }
    }
}
