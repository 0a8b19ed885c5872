import GRDB
import GRDBSQLite
import Pipeline

/// The transaction at hand, as the writes of a group see it.
///
/// `@unchecked Sendable` holds because only the committer uses it, on the database's one writer queue; the closures that
/// capture it are called there and nowhere else.
final class WriteSession: @unchecked Sendable {
    private var current: Database?
    /// Nil in a process beside the host's: only the host writes the log.
    private let writer: LogWriter?

    init(log writer: LogWriter?) { self.writer = writer }

    var log: LogWriter {
        guard let writer else { preconditionFailure("the log was written beside the host") }
        return writer
    }

    /// Set between ``begin(_:)`` and the end of the transaction, which is as long as a write runs.
    var database: Database {
        guard let current else { preconditionFailure("a write ran outside of its transaction") }
        return current
    }

    func statement(_ sql: String) throws -> RawStatement { try RawStatement(database, sql) }

    /// Rows changed by the last INSERT, UPDATE or DELETE.
    var changes: Int { Int(sqlite3_changes64(database.sqliteConnection)) }

    var lastRow: Int64 { sqlite3_last_insert_rowid(database.sqliteConnection) }

    func append(_ batch: EncodedBatch) throws { try log.append(batch, database) }

    func flushOffsets() { log.wantsOffsets() }

    // MARK: The committer's

    func begin(_ database: Database) throws {
        current = database
        writer?.begin()
    }

    /// Writes what the group's writes have gathered in common.
    func finish() throws { try writer?.finish(database) }

    func abandon() {
        current = nil
        writer?.abandon()
    }

    func publish() {
        current = nil
        writer?.publish()
    }
}
