import Dispatch
import GRDB

/// Users and API keys of the embedded file, for a process beside the host that may or may not be running on it.
///
/// The host's lock is about the log, whose ends are in the host's memory. Users and keys are in the file only, and
/// SQLite lets several processes write it by turns: the host sees what is written here with its next read.
public final class SQLiteAccountFile: Sendable {
    public let accounts: SQLiteAccountStore
    private let database: DatabasePool
    private let committer: GroupCommitter

    /// Opens the file. While no host runs it is made, and its tables brought up to date, as a host would do it.
    /// - Throws: ``SQLiteBackendError``.
    public init(path: String) throws(SQLiteBackendError) {
        let configuration = SQLiteBackend.Configuration(path: path, readers: 1)
        do {
            database = try Self.open(configuration)
        } catch let error as SQLiteBackendError {
            throw error
        } catch {
            throw .cannotOpen(path: path, reason: "\(error)")
        }
        committer = GroupCommitter(database: database, session: WriteSession(log: nil), checkpointer: nil)
        accounts = SQLiteAccountStore(committer: committer, database: database)
    }

    private static func open(_ configuration: SQLiteBackend.Configuration) throws -> DatabasePool {
        if let lock = try lock(configuration.path) {
            defer { lock.release() }
            return try Connections.pool(configuration)
        }
        let database = try Connections.pool(configuration, migrates: false)
        let isCurrent = try database.read { try Schema.migrator.hasCompletedMigrations($0) }
        guard isCurrent else {
            throw SQLiteBackendError.cannotOpen(
                path: configuration.path,
                reason: "an older version of Switchboard runs on it: stop that one first")
        }
        return database
    }

    /// Nil: a host runs.
    private static func lock(_ path: String) throws(SQLiteBackendError) -> HostLock? {
        do throws(SQLiteBackendError) {
            return try HostLock(databasePath: path)
        } catch {
            guard case .inUse = error else { throw error }
            return nil
        }
    }

    public func close() async {
        committer.close()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [database] in
                try? database.close()
                continuation.resume()
            }
        }
    }
}
