import Dispatch
import GRDB
import GRDBSQLite
import Logging
import Synchronization

/// Moves what the write-ahead log holds into the database file, beside the writes instead of among them.
///
/// A passive checkpoint on a connection of its own does nearly all of the copying and syncing while commits go on. It
/// can't finish while they do, so once the write-ahead log is long the writer itself copies the little that is left
/// between two groups, after which SQLite begins the file anew.
final class Checkpointer: Sendable {
    private struct State {
        /// Pages in the write-ahead log after the last commit, and how many of them have been copied.
        var pages = 0
        var copied = 0
        var isRunning = false
    }

    private let database: DatabaseQueue
    /// From the pages that make a pass worth its syncs to those above which the writer finishes the job.
    private let pages: ClosedRange<Int>
    private let logger: Logger
    private let state = Mutex(State())

    init(database: DatabaseQueue, pages: ClosedRange<Int>, logger: Logger) {
        self.database = database
        self.pages = pages
        self.logger = logger
    }

    /// Hears of every commit on `database`, the writer's connection. The checkpointer outlives the connection.
    func observe(_ database: Database) {
        let context = Unmanaged.passUnretained(self).toOpaque()
        sqlite3_wal_hook(
            database.sqliteConnection,
            { context, _, _, pages in
                let checkpointer = Unmanaged<Checkpointer>.fromOpaque(context!).takeUnretainedValue()
                checkpointer.state.withLock { state in
                    if Int(pages) < state.pages { state.copied = 0 }
                    state.pages = Int(pages)
                }
                return SQLITE_OK
            }, context)
    }

    /// To be called between two transactions, on the writer queue.
    func didCommit(_ writer: Database) {
        enum Step { case none, start, finish }
        let step = state.withLock { state -> Step in
            guard !state.isRunning, state.pages - state.copied >= pages.lowerBound else { return .none }
            if state.pages >= pages.upperBound, state.copied >= state.pages / 2 { return .finish }
            state.isRunning = true
            return .start
        }
        switch step {
        case .none: break
        case .start: database.asyncWriteWithoutTransaction { self.pass($0) }
        case .finish: copy(writer)
        }
    }

    private func pass(_ database: Database) {
        copy(database)
        state.withLock { $0.isRunning = false }
    }

    private func copy(_ database: Database) {
        // A pass may come up after the connection was closed, and SQLite does not look before it follows the pointer.
        guard let connection = database.sqliteConnection else { return }
        var pages: Int32 = 0
        var copied: Int32 = 0
        let code = sqlite3_wal_checkpoint_v2(connection, nil, SQLITE_CHECKPOINT_PASSIVE, &pages, &copied)
        guard code == SQLITE_OK else {
            if code & 0xFF != SQLITE_BUSY {
                logger.warning(
                    "a checkpoint of the database failed; it is tried again",
                    metadata: ["code": "\(code)", "reason": "\(String(cString: sqlite3_errstr(code)))"])
            }
            return
        }
        state.withLock { $0.copied = Int(copied) }
    }

    func close() throws { try database.close() }
}
