import Synchronization

/// The dispatcher's declaration that it is alive, as far as it has been renewed. Kept by a clock that does not jump.
public final class OwnerLease: Sendable {
    public let owner: OwnerID
    private let expiry = Mutex<ContinuousClock.Instant?>(nil)

    public init(owner: OwnerID) { self.owner = owner }

    /// - Parameter start: a moment before the store was asked, so that the lease is never believed to last longer than
    ///   the store holds it.
    func renewed(for duration: Duration, since start: ContinuousClock.Instant) {
        expiry.withLock { $0 = start + duration }
    }

    /// True when a send that begins now and takes up to `timeout` ends while the lease holds.
    func outlives(_ timeout: Duration) -> Bool {
        expiry.withLock { $0.map { ContinuousClock.now + timeout < $0 } ?? false }
    }
}
