import Synchronization

/// Redis keys that were to be deleted, or to get another value, while Redis could not be reached. They are deleted as
/// soon as it can: otherwise it would come back with values that are older than what callers have been told.
final class MissedRemovals: Sendable {
    /// More are not remembered; for those the lifetime has to do.
    static let bound = 10_000

    private let keys = Mutex<Set<String>>([])
    private let some = Atomic(false)

    /// Without a lock: every command asks.
    var isEmpty: Bool { !some.load(ordering: .acquiring) }

    /// - Returns: how many found no room.
    func note(_ missed: some Sequence<String>) -> Int {
        keys.withLock { keys in
            defer { some.store(!keys.isEmpty, ordering: .releasing) }
            return missed.reduce(0) { lost, key in
                guard keys.count < Self.bound || keys.contains(key) else { return lost + 1 }
                keys.insert(key)
                return lost
            }
        }
    }

    /// Hands out what is to be deleted, once.
    func take() -> Set<String> {
        keys.withLock { keys in
            defer {
                keys = []
                some.store(false, ordering: .releasing)
            }
            return keys
        }
    }
}
