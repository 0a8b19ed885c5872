import ChannelSDK
import Synchronization

/// What was read from the store moments ago, for requests that come by the thousand. In this process only: who could
/// write to a cache that others share must not be able to make keys.
///
/// While the store is away, what it said last holds for a stated time longer: who was let in before it went is let in.
/// Only the store's silence lengthens anything: what it says counts at once, also that there is no such value.
final class Recent<Value: Sendable>: Sendable {
    private typealias Entry = (value: Value, since: Timestamp)

    private struct State {
        var entries: [String: Entry] = [:]
        /// Readings that are under way: one at a time for a key, for all who ask. What is read by one that is not here any
        /// more is not kept.
        var readings: [String: (number: Int, read: SharedRead<Value?>)] = [:]
        var lastReading = 0
    }

    struct Configuration: Sendable {
        /// How long another replica's change may stay unseen.
        var lifetime: Duration
        /// How old a value may be while the store does not answer.
        var grace: Duration
        /// How long a reading is waited for where such a value is at hand.
        var patience = Duration.seconds(2)
        var bound = 10_000
    }

    private let configuration: Configuration
    private let clock: any WallClock
    private let state = Mutex(State())

    init(_ configuration: Configuration, clock: any WallClock) {
        self.configuration = configuration
        self.clock = clock
    }

    /// The value of `key`, by `read` unless it was read within the lifetime. That there is none is not remembered.
    func value(for key: String, _ read: @escaping @Sendable () async throws -> Value?) async throws -> Value? {
        let now = clock.now()
        let (known, reading) = state.withLock { state -> (Entry?, SharedRead<Value?>?) in
            // A clock that was set back must not make a value last.
            let known = state.entries[key].flatMap { $0.since <= now ? $0 : nil }
            if let known, now < known.since + configuration.lifetime { return (known, nil) }
            let usable = known.flatMap { now < $0.since + configuration.grace ? $0 : nil }
            if let reading = state.readings[key] { return (usable, reading.read) }
            state.lastReading += 1
            let reading = begin(state.lastReading, key, now, read)
            state.readings[key] = (state.lastReading, reading)
            return (usable, reading)
        }
        guard let reading else { return known?.value }
        guard let known else { return try await reading.value() }
        switch await reading.answerInTime() {
        case .success(let value)?: return value
        case .failure(AccountStoreError.unavailable)?, nil: return known.value
        case .failure(let error)?: throw error
        }
    }

    /// Whether there was a value of `key` not long ago, however old what is known of it.
    func hasSeen(_ key: String) -> Bool { state.withLock { $0.entries[key] != nil } }

    /// What is known of `key`, and what is being read of it, counts no more.
    func forget(_ key: String) {
        state.withLock { state in
            state.entries[key] = nil
            state.readings[key] = nil
        }
    }

    private func begin(
        _ number: Int, _ key: String, _ now: Timestamp, _ read: @escaping @Sendable () async throws -> Value?
    ) -> SharedRead<Value?> {
        SharedRead(patience: configuration.patience) { [self] in
            do {
                let value = try await read()
                end(number, key) { state in
                    if state.entries.count >= configuration.bound { state.entries.removeAll() }
                    state.entries[key] = value.map { ($0, now) }
                }
                return value
            } catch {
                end(number, key) { _ in }
                throw error
            }
        }
    }

    private func end(_ number: Int, _ key: String, _ keep: (inout State) -> Void) {
        state.withLock { state in
            guard state.readings[key]?.number == number else { return }
            state.readings[key] = nil
            keep(&state)
        }
    }
}
