import Synchronization

/// Set once, when the backend closes.
final class ClosedFlag: Sendable {
    private let flag = Atomic(false)

    var isSet: Bool { flag.load(ordering: .acquiring) }

    /// False when it was set before.
    func set() -> Bool { !flag.exchange(true, ordering: .acquiringAndReleasing) }
}
