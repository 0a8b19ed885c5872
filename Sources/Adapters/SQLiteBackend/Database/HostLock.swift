import Glibc
import Synchronization

/// Keeps the file to one process: its log's ends and its groups' members live in the memory of that process.
/// The kernel lets go of the lock when the process ends, however it ends.
final class HostLock: Sendable {
    /// Nil once released.
    private let descriptor: Mutex<Int32?>

    /// - Throws: ``SQLiteBackendError/inUse(path:)`` when another host has it.
    init(databasePath: String) throws(SQLiteBackendError) {
        let path = databasePath + ".lock"
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            throw .cannotOpen(path: path, reason: String(cString: strerror(errno)))
        }
        guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
            let isTaken = errno == EWOULDBLOCK
            let reason = String(cString: strerror(errno))
            Glibc.close(file)
            throw isTaken ? .inUse(path: databasePath) : .cannotOpen(path: path, reason: reason)
        }
        descriptor = Mutex(file)
    }

    deinit { release() }

    func release() {
        descriptor.withLock { file in
            if let file { close(file) }
            file = nil
        }
    }
}
