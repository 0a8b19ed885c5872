import ChannelSDK
import Synchronization

/// Counts how often something was done.
final class Counter: Sendable {
    private let state = Mutex(0)

    var count: Int { state.withLock { $0 } }

    /// 1, 2, 3, …
    func next() -> Int {
        state.withLock { count in
            count += 1
            return count
        }
    }
}

/// A clock that stands still until it is moved.
final class MovedClock: WallClock {
    private let moment = Mutex(Timestamp(milliseconds: 1_700_000_000_000))

    func now() -> Timestamp { moment.withLock { $0 } }

    func move(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
}
