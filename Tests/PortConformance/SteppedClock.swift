public import ChannelSDK
import Synchronization

/// A clock that stands still until it is moved.
public final class SteppedClock: WallClock {
    private let moment: Mutex<Timestamp>

    public init(_ start: Timestamp = Timestamp(milliseconds: 1_700_000_000_000)) { moment = Mutex(start) }

    public func now() -> Timestamp { moment.withLock { $0 } }

    public func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
}
