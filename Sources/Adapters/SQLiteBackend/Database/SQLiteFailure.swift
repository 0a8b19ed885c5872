import GRDB
import Pipeline

/// What a failed write or read means to the caller.
enum SQLiteFailure: Error, Sendable {
    /// The disk is full, the file can't be written, or the backend is closing.
    case unavailable(String)
    case fenced
    case failed(String)

    init(_ error: any Error) {
        switch error {
        case let failure as SQLiteFailure: self = failure
        case let failure as DatabaseError: self.init(failure)
        case is CancellationError: self = .unavailable("the task was cancelled")
        default: self = .failed("\(error)")
        }
    }

    private init(_ error: DatabaseError) {
        let message = "SQLite: \(error.message ?? "error") (code \(error.extendedResultCode.rawValue))"
        switch error.resultCode {
        case .SQLITE_FULL: self = .unavailable("the disk is full: \(message)")
        case .SQLITE_IOERR, .SQLITE_BUSY, .SQLITE_LOCKED, .SQLITE_NOMEM, .SQLITE_CANTOPEN, .SQLITE_READONLY,
            .SQLITE_PERM, .SQLITE_INTERRUPT, .SQLITE_ABORT, .SQLITE_MISUSE, .SQLITE_PROTOCOL:
            self = .unavailable(message)
        default: self = .failed(message)
        }
    }

    /// True when the reason is the machine, not the one write: the others would fail too.
    var concernsEveryWrite: Bool {
        if case .unavailable = self { true } else { false }
    }

    var storeError: StoreError {
        switch self {
        case .unavailable(let reason): .unavailable(reason)
        case .fenced: .fenced
        case .failed(let reason): .failed(reason)
        }
    }

    var logError: LogError {
        switch self {
        case .unavailable(let reason), .failed(let reason): .unavailable(reason)
        case .fenced: .notOwner
        }
    }
}
