import Foundation
import Synchronization

/// What one thread has read for another.
final class Collected: Sendable {
    private let bytes = Mutex(Data())

    var data: Data { bytes.withLock { $0 } }

    func put(_ data: Data) { bytes.withLock { $0 += data } }
}
