import ChannelSDK
public import Pipeline
import Synchronization

/// The store at scale: the projection of the log in PostgreSQL 15 or later, shared by all replicas.
///
/// Every write is one transaction, sent with all its statements at once. Nothing connects before it is needed, and what
/// was lost is connected again.
public final class PostgresStore: NotificationStore {
    let configuration: Configuration
    let pool: ConnectionPool
    /// Row numbers reserved for this process and not used yet.
    let numbers = Mutex<Range<Int64>>(0..<0)

    /// Connects to nothing yet.
    /// - Throws: ``StoreError/failed(_:)`` for a configuration that can't be used.
    public init(_ configuration: Configuration) throws(StoreError) {
        try configuration.check()
        self.configuration = configuration
        pool = ConnectionPool(configuration)
    }

    /// Ends all connections. What is asked afterwards is refused as unavailable.
    public func close() async { await pool.close() }

    /// One transaction: all commands or none, in this order.
    func perform<Result: Sendable>(
        _ commands: [Command], _ read: @Sendable ([Rows]) -> Result
    ) async throws(StoreError) -> Result {
        do throws(PostgresFailure) {
            return try await pool.run { session throws(PostgresFailure) in read(try session.perform(commands)) }
        } catch {
            throw error.storeError
        }
    }

    /// Several reads of one moment.
    func read<Result: Sendable>(
        _ commands: [Command], _ read: @Sendable ([Rows]) -> Result
    ) async throws(StoreError) -> Result {
        try await perform([Self.beginSnapshot()] + commands + [Self.endSnapshot()]) { answers in
            read(Array(answers.dropFirst().dropLast()))
        }
    }

    private static let beginSnapshot = Statement("begin_snapshot", "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    private static let endSnapshot = Statement("end_snapshot", "COMMIT")

    func perform(_ commands: [Command]) async throws(StoreError) { try await perform(commands) { _ in } }
}

// MARK: - Stages

extension PostgresStore {
    public func beginEpoch(_ stage: Stage, partition: Int) async throws(StoreError) -> StageProgress {
        let raise = StageStatements.beginEpoch {
            $0.add(stage.rawValue)
            $0.add(partition)
        }
        return try await perform([raise]) { answers in
            StageProgress(
                fence: Fence(stage: stage, partition: partition, epoch: answers[0].integer(0, 0)),
                nextOffset: answers[0].integer(0, 1))
        }
    }

    public func isCurrent(_ fence: Fence) async throws(StoreError) -> Bool {
        let read = StageStatements.epoch {
            $0.add(fence.stage.rawValue)
            $0.add(fence.partition)
        }
        return try await perform([read]) { $0[0].count == 1 && $0[0].integer(0, 0) == fence.epoch }
    }

    public func projectedOffsets() async throws(StoreError) -> [Int: Int64] {
        let read = StageStatements.positions { $0.add(Stage.projector.rawValue) }
        return try await perform([read]) { answers in
            let rows = answers[0]
            return Dictionary(uniqueKeysWithValues: rows.indices.map { (rows.int($0, 0), rows.integer($0, 1)) })
        }
    }
}

enum StageStatements {
    static let beginEpoch = Statement(
        "begin_epoch",
        """
        INSERT INTO stage_progress AS s (stage, part, epoch, next_offset) VALUES ($1::text, $2::int8, 1, 0)
        ON CONFLICT (stage, part) DO UPDATE SET epoch = s.epoch + 1 RETURNING epoch, next_offset
        """)

    static let epoch = Statement(
        "stage_epoch", "SELECT epoch FROM stage_progress WHERE stage = $1::text AND part = $2::int8")

    static let positions = Statement(
        "stage_positions", "SELECT part, next_offset FROM stage_progress WHERE stage = $1::text")

    /// The first statement of a stage's writes: a stale owner is refused before anything has changed, and a new owner
    /// waits until this transaction has ended.
    private static let pass = Statement(
        "pass_fence", "SELECT pass_fence($1::text, $2::int8, $3::int8, $4::int8)")

    static func pass(_ fence: Fence, to nextOffset: Int64) -> Command {
        pass {
            $0.add(fence.stage.rawValue)
            $0.add(fence.partition)
            $0.add(fence.epoch)
            $0.add(nextOffset)
        }
    }
}
