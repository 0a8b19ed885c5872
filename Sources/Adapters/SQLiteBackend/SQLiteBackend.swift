import ChannelSDK
import Dispatch
import GRDB
public import Logging
public import Pipeline

/// The embedded default: log and store in one SQLite file, for one host process.
///
/// A commit is synced (`synchronous=FULL`) before anybody hears of it. All writes that wait at a moment share one
/// transaction, and with it one sync.
public final class SQLiteBackend: Sendable {
    public let log: SQLiteEventLog
    public let store: SQLiteStore
    /// Users and API keys, in the same file.
    public let accounts: SQLiteAccountStore
    let configuration: Configuration
    let committer: GroupCommitter
    private let database: DatabasePool
    private let checkpointer: Checkpointer
    private let lock: HostLock
    private let isClosed = ClosedFlag()

    /// Opens the file, or makes it, and brings its tables up to date. Blocks for as long as that takes.
    /// - Throws: ``SQLiteBackendError``.
    public init(_ configuration: Configuration, logger: Logger) throws(SQLiteBackendError) {
        self.configuration = configuration
        lock = try HostLock(databasePath: configuration.path)
        do {
            database = try Connections.pool(configuration)
            checkpointer = Checkpointer(
                database: try Connections.checkpoints(configuration), pages: configuration.checkpointPages,
                logger: logger)
            let state = try database.write { try StoredLog($0) }
            try state.check(configuration)
            let index = LogIndex(state.extents)
            let groups = ConsumerGroups(partitions: configuration.partitions, stored: state.offsets)
            let writer = LogWriter(
                ends: state.ends, index: index, groups: groups, partitions: configuration.partitions,
                clock: configuration.clock)
            committer = GroupCommitter(
                database: database, session: WriteSession(log: writer), checkpointer: checkpointer)
            let reader = LogReader(database: database, index: index)
            log = SQLiteEventLog(
                partitions: configuration.partitions, committer: committer, reader: reader, index: index,
                groups: groups, isClosed: isClosed)
            store = SQLiteStore(committer: committer, database: database, clock: configuration.clock)
            accounts = SQLiteAccountStore(committer: committer, database: database)
            database.writeWithoutTransaction { [checkpointer] in checkpointer.observe($0) }
        } catch let error as SQLiteBackendError {
            throw error
        } catch {
            throw .cannotOpen(path: configuration.path, reason: "\(error)")
        }
    }

    /// Transactions since the start, each synced once, and the writes that they carried out for their callers.
    public var commitCounts: (commits: Int, writes: Int) { committer.counts }

    /// Carries out the writes that wait, remembers the groups' offsets, and lets the file go. Everything that is asked
    /// afterwards is refused.
    public func close() async {
        guard isClosed.set() else { return }
        log.index.wakeAll()
        _ = try? await committer.commit { $0.flushOffsets() }
        await letGo()
    }

    /// Like ``close()``, but without the last write, as if the process had ended here. For tests.
    func abandon() async {
        guard isClosed.set() else { return }
        log.index.wakeAll()
        await letGo()
    }

    private func letGo() async {
        committer.close()
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [database, checkpointer] in
                // The writer first: it carries out what waits, and asks for checkpoints meanwhile. A connection that
                // can't be closed is closed when it is released.
                try? database.close()
                try? checkpointer.close()
                continuation.resume()
            }
        }
        lock.release()
    }

    /// Forgets every owner's lease: the file's lock proves that earlier owners are dead, so what they had claimed is
    /// abandoned. To be called at the start, before a dispatcher of this process has claimed anything.
    public func forgetOwners() async throws(StoreError) { try await store.forgetOwners() }
}
