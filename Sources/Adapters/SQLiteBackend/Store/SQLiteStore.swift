import ChannelSDK
import GRDB
public import Pipeline

/// The embedded store: the projection of the log in the same SQLite file.
public struct SQLiteStore: NotificationStore {
    let committer: GroupCommitter
    let database: DatabasePool
    let clock: any WallClock
    let optOutMemo = OptOutMemo()

    /// One transaction, or a part of one that others share.
    func write<Result: Sendable>(
        bytes: Int = 64, _ body: @escaping @Sendable (WriteSession) throws -> Result
    ) async throws(StoreError) -> Result {
        do throws(SQLiteFailure) {
            return try await committer.commit(bytes: bytes, body)
        } catch {
            throw error.storeError
        }
    }

    /// One consistent view, which sees everything committed before the call.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(StoreError) -> Result {
        do {
            return try await database.read(body)
        } catch {
            throw SQLiteFailure(error).storeError
        }
    }
}

// MARK: - Stages

extension SQLiteStore {
    public func beginEpoch(_ stage: Stage, partition: Int) async throws(StoreError) -> StageProgress {
        try await write { session in
            let raise = try session.statement(
                """
                INSERT INTO stage_progress (stage, part, epoch, next_offset) VALUES (?, ?, 1, 0)
                ON CONFLICT DO UPDATE SET epoch = epoch + 1
                """)
            raise.bind(1, stage.rawValue)
            raise.bind(2, partition)
            try raise.run()
            let read = try session.statement(
                "SELECT epoch, next_offset FROM stage_progress WHERE stage = ? AND part = ?")
            read.bind(1, stage.rawValue)
            read.bind(2, partition)
            let (epoch, offset) = try read.first { ($0.integer(0), $0.integer(1)) } ?? (0, 0)
            return StageProgress(
                fence: Fence(stage: stage, partition: partition, epoch: epoch), nextOffset: offset)
        }
    }

    public func isCurrent(_ fence: Fence) async throws(StoreError) -> Bool {
        try await read { database in
            let statement = try RawStatement(
                database, "SELECT epoch FROM stage_progress WHERE stage = ? AND part = ?")
            statement.bind(1, fence.stage.rawValue)
            statement.bind(2, fence.partition)
            return try statement.first { $0.integer(0) } == fence.epoch
        }
    }

    public func projectedOffsets() async throws(StoreError) -> [Int: Int64] {
        try await read { database in
            let statement = try RawStatement(database, "SELECT part, next_offset FROM stage_progress WHERE stage = ?")
            statement.bind(1, Stage.projector.rawValue)
            var offsets: [Int: Int64] = [:]
            try statement.forEach { offsets[$0.int(0)] = $0.integer(1) }
            return offsets
        }
    }
}

extension WriteSession {
    /// Moves the stage's position, never back. To be the first statement of the stage's writes: a stale owner is refused
    /// before anything has changed.
    func pass(_ fence: Fence, to nextOffset: Int64) throws {
        let statement = try statement(
            """
            UPDATE stage_progress SET next_offset = max(next_offset, ?) WHERE stage = ? AND part = ? AND epoch = ?
            """)
        statement.bind(1, nextOffset)
        statement.bind(2, fence.stage.rawValue)
        statement.bind(3, fence.partition)
        statement.bind(4, fence.epoch)
        try statement.run()
        guard changes == 1 else { throw SQLiteFailure.fenced }
    }

    /// Adds to a count that would be slow to take.
    func count(_ name: String, add difference: Int) throws {
        guard difference != 0 else { return }
        let statement = try statement(
            "INSERT INTO counts (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = value + excluded.value")
        statement.bind(1, name)
        statement.bind(2, difference)
        try statement.run()
    }
}
