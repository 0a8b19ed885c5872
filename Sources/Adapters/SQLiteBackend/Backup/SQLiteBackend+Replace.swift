import ChannelSDK
import GRDB
import Glibc
public import Pipeline

extension SQLiteBackend {
    /// The migrations that this program knows, in order.
    public static var knownSchema: [String] { Schema.migrator.migrations }

    /// Whether a host works on the file at `path` just now.
    public static func isInUse(path: String) -> Bool {
        guard access(path + ".lock", F_OK) == 0 else { return false }
        do {
            try HostLock(databasePath: path).release()
            return false
        } catch {
            return if case .inUse = error { true } else { false }
        }
    }

    /// Puts a restored file in the place of the one at `path`: all of it, or nothing.
    /// - Parameters:
    ///   - aside: where the file that was there is kept; there must be none yet.
    ///   - restoration: noted in the new file, so that a host sends nothing twice.
    ///   - fill: makes the restored file, at the path that it is given.
    /// - Returns: whether there was a file, which is at `aside` now.
    /// - Throws: ``SQLiteBackendError/inUse(path:)`` while a host works on the file, and whatever `fill` throws.
    public static func replace(
        path: String, aside: String, restoration: Restoration, fill: (_ temporary: String) throws -> Void
    ) throws -> Bool {
        let lock = try HostLock(databasePath: path)
        defer { lock.release() }
        let temporary = path + ".restoring"
        removeDatabase(temporary)
        do {
            try fill(temporary)
            try prepare(temporary, restoration)
            return try exchange(path, for: temporary, aside: aside)
        } catch {
            removeDatabase(temporary)
            throw error
        }
    }

    private static func removeDatabase(_ path: String) {
        for suffix in ["", "-wal", "-shm", "-journal"] { unlink(path + suffix) }
    }

    /// Brings the tables up to date, and notes the restore.
    private static func prepare(_ path: String, _ restoration: Restoration) throws {
        let queue = try DatabaseQueue(path: path)
        try Schema.migrator.migrate(queue)
        try queue.write { try note(restoration, $0) }
        try queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA journal_mode = DELETE") }
        try queue.close()
        try sync(path)
    }

    /// What was under way at the backup is due like what waited: all of it may have been done since. The runs of the host that the backup was made of are over, and say nothing about the next one's.
    private static func note(_ restoration: Restoration, _ database: Database) throws {
        let moment = restoration.at.milliseconds
        try database.execute(
            literal: """
                DELETE FROM ready WHERE (row, ordinal) IN (SELECT row, ordinal FROM claims);
                INSERT INTO ready (channel, class, account, due, row, ordinal, attempt, errand)
                SELECT d.channel, n.class, n.account, \(moment), c.row, c.ordinal, c.attempt, c.errand
                FROM claims c JOIN deliveries d ON d.row = c.row AND d.ordinal = c.ordinal
                JOIN notifications n ON n.row = c.row;
                UPDATE deliveries SET ready_due = \(moment)
                WHERE (row, ordinal) IN (SELECT row, ordinal FROM claims);
                DELETE FROM claims;
                UPDATE runs SET ended = 1;
                DELETE FROM record_attempts;
                INSERT INTO restorations (restored_at, backup_at, resends)
                VALUES (\(moment), \(restoration.backupAt.milliseconds), \(restoration.resends))
                """)
    }

    /// At every moment there is a whole file at `path`, the old one or the new one, if there was one.
    private static func exchange(_ path: String, for temporary: String, aside: String) throws -> Bool {
        let isThere = access(path, F_OK) == 0
        if isThere {
            foldLog(path)
            for suffix in ["-wal", ""] where access(path + suffix, F_OK) == 0 {
                guard link(path + suffix, aside + suffix) == 0 else { throw system("keep", path + suffix) }
            }
        }
        // The old file's log must not be taken for the new file's.
        unlink(path + "-wal")
        unlink(path + "-shm")
        guard rename(temporary, path) == 0 else { throw system("replace", path) }
        try sync(folder(of: path))
        return isThere
    }

    /// What a host that was killed has left in its log goes into the file itself. A file so damaged that this fails is
    /// kept aside as it is, with its log.
    private static func foldLog(_ path: String) {
        guard let queue = try? DatabaseQueue(path: path) else { return }
        try? queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        try? queue.close()
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    private static func sync(_ path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw system("open", path) }
        defer { Glibc.close(descriptor) }
        guard fsync(descriptor) == 0 else { throw system("sync", path) }
    }

    private static func system(_ what: String, _ path: String) -> SQLiteBackendError {
        .cannotOpen(path: path, reason: "can't \(what) it: \(String(cString: strerror(errno)))")
    }
}
