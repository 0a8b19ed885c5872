import NIOCore
import Synchronization

/// The bytes of bodies that are being read and judged, of all requests together: whoever sends many large ones, and never
/// the last byte, takes no more of the host's memory than that.
public final class BodyBudget: Sendable {
    /// So many bytes of each body are not counted: small requests go on while large ones take all that there is.
    static let free = 16 << 10

    /// What one body takes, until it is gone.
    final class Share: Sendable {
        private let budget: BodyBudget
        private let taken = Mutex(0)

        fileprivate init(_ budget: BodyBudget) { self.budget = budget }

        deinit { budget.giveBack(taken.withLock { $0 }) }

        /// False: it would be more than `limit` of all bodies together; nothing is taken.
        func grow(to bytes: Int, limit: Int) -> Bool {
            taken.withLock { taken in
                guard bytes > taken else { return true }
                guard budget.take(bytes - taken, limit: limit) else { return false }
                taken = bytes
                return true
            }
        }
    }

    private let used = Mutex(0)

    public init() {}

    func share() -> Share { Share(self) }

    /// Bytes that are counted just now.
    var bytes: Int { used.withLock { $0 } }

    private func take(_ bytes: Int, limit: Int) -> Bool {
        used.withLock { used in
            guard used + bytes <= limit else { return false }
            used += bytes
            return true
        }
    }

    private func giveBack(_ bytes: Int) { used.withLock { $0 -= bytes } }
}

/// A request's body, whole.
struct CollectedBody: Sendable {
    let buffer: ByteBuffer
    /// To be kept as long as there are copies of the body.
    let share: BodyBudget.Share?

    func withUnsafeReadableBytes<Value>(_ body: (UnsafeRawBufferPointer) throws -> Value) rethrows -> Value {
        defer { withExtendedLifetime(share) {} }
        return try buffer.withUnsafeReadableBytes(body)
    }
}
