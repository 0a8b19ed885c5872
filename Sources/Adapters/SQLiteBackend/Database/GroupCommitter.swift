import GRDB
import GRDBSQLite
import Pipeline
import Synchronization

/// One caller's write. It may be carried out more than once until one try is committed.
struct PendingWrite: Sendable {
    /// Writes, and returns what tells the caller once the transaction is durable. Throwing before the first change
    /// leaves the other writes of the group alone at no cost.
    let write: @Sendable (WriteSession) throws -> @Sendable () -> Void
    /// Tells the caller that the write failed.
    let fail: @Sendable (SQLiteFailure) -> Void
    /// How much it adds to its group.
    let bytes: Int
}

/// Runs all writes that wait at a moment as one transaction, with one sync for all of them, in order of arrival.
///
/// The writes run on the database's own writer queue, never on the cooperative pool. A caller hears of success only
/// after COMMIT has returned, that is, after the sync.
final class GroupCommitter: Sendable {
    private struct State {
        var pending: [PendingWrite] = []
        var pendingBytes = 0
        var isRunning = false
        var isClosed = false
    }

    /// The most that one transaction takes on.
    private static let groupWrites = 4096
    private static let groupBytes = 16 << 20
    /// What may wait before callers are turned away.
    private static let waitingBytes = 256 << 20

    private let database: DatabasePool
    private let session: WriteSession
    /// Nil in a process beside the host's: the host has one.
    private let checkpointer: Checkpointer?
    private let state = Mutex(State())
    private let commits = Atomic(0)
    private let committedWrites = Atomic(0)

    init(database: DatabasePool, session: WriteSession, checkpointer: Checkpointer?) {
        self.database = database
        self.session = session
        self.checkpointer = checkpointer
    }

    /// Transactions since the start, and the writes that they carried out.
    var counts: (commits: Int, writes: Int) {
        (commits.load(ordering: .relaxed), committedWrites.load(ordering: .relaxed))
    }

    // MARK: Callers

    /// Carries out `write` in some transaction and returns its result once that is durable.
    func commit<Result: Sendable>(
        bytes: Int = 64, _ write: @escaping @Sendable (WriteSession) throws -> Result
    ) async throws(SQLiteFailure) -> Result {
        let outcome: Swift.Result<Result, SQLiteFailure> = await withCheckedContinuation { continuation in
            submit(
                PendingWrite(
                    write: { session in
                        let result = try write(session)
                        return { continuation.resume(returning: .success(result)) }
                    },
                    fail: { continuation.resume(returning: .failure($0)) },
                    bytes: bytes))
        }
        return try outcome.get()
    }

    private func submit(_ write: PendingWrite) {
        enum Admission { case refused(String), queued, first }
        let admission = state.withLock { state -> Admission in
            if state.isClosed { return .refused("the database is closed") }
            if state.pendingBytes > Self.waitingBytes { return .refused("too much waits to be written") }
            state.pending.append(write)
            state.pendingBytes += write.bytes
            defer { state.isRunning = true }
            return state.isRunning ? .queued : .first
        }
        switch admission {
        case .refused(let reason): write.fail(.unavailable(reason))
        case .queued: break
        case .first: database.asyncWriteWithoutTransaction { self.drain($0) }
        }
    }

    /// Refuses every later write; those that wait are still carried out.
    func close() { state.withLock { $0.isClosed = true } }

    // MARK: On the writer queue

    private func drain(_ database: Database) {
        while let group = nextGroup() {
            commit(group, database)
            checkpointer?.didCommit(database)
        }
    }

    private func nextGroup() -> ArraySlice<PendingWrite>? {
        state.withLock { state in
            guard !state.pending.isEmpty else {
                state.isRunning = false
                return nil
            }
            var bytes = 0
            var count = 0
            while count < min(state.pending.count, Self.groupWrites), bytes < Self.groupBytes {
                bytes += state.pending[count].bytes
                count += 1
            }
            state.pendingBytes -= bytes
            if count == state.pending.count {
                defer { state.pending = [] }
                return state.pending[...]
            }
            defer { state.pending.removeFirst(count) }
            return Array(state.pending[..<count])[...]
        }
    }

    private func commit(_ group: ArraySlice<PendingWrite>, _ database: Database) {
        do {
            try run(group, database, withSavepoints: false)
        } catch let failure where failure.concernsEveryWrite || group.count == 1 {
            for write in group { write.fail(failure) }
        } catch {
            // One of them has left something behind. Again, each on its own ground; only this rare path pays for it.
            do {
                try run(group, database, withSavepoints: true)
            } catch {
                for write in group { write.fail(error) }
            }
        }
    }

    /// All of `group` in one transaction. When this throws, nothing was written and nobody was told.
    private func run(
        _ group: ArraySlice<PendingWrite>, _ database: Database, withSavepoints: Bool
    ) throws(SQLiteFailure) {
        var answers: [@Sendable () -> Void] = []
        answers.reserveCapacity(group.count)
        do {
            try database.beginTransaction(.immediate)
            try session.begin(database)
            for write in group {
                answers.append(try withSavepoints ? runAlone(write, database) : runLightly(write, database))
            }
            try session.finish()
            try database.commit()
        } catch {
            session.abandon()
            if database.isInsideTransaction { try? database.rollback() }
            throw SQLiteFailure(error)
        }
        session.publish()
        commits.add(1, ordering: .relaxed)
        committedWrites.add(group.count, ordering: .relaxed)
        for answer in answers { answer() }
    }

    private func runLightly(_ write: PendingWrite, _ database: Database) throws -> @Sendable () -> Void {
        let changes = sqlite3_total_changes64(database.sqliteConnection)
        do {
            return try write.write(session)
        } catch {
            let failure = SQLiteFailure(error)
            let isClean = sqlite3_total_changes64(database.sqliteConnection) == changes
            guard isClean, !failure.concernsEveryWrite, database.isInsideTransaction else { throw failure }
            return { write.fail(failure) }
        }
    }

    private func runAlone(_ write: PendingWrite, _ database: Database) throws -> @Sendable () -> Void {
        try database.execute(sql: "SAVEPOINT alone")
        do {
            let answer = try write.write(session)
            try database.execute(sql: "RELEASE alone")
            return answer
        } catch {
            let failure = SQLiteFailure(error)
            guard !failure.concernsEveryWrite, database.isInsideTransaction else { throw failure }
            try database.execute(sql: "ROLLBACK TO alone; RELEASE alone")
            return { write.fail(failure) }
        }
    }
}
