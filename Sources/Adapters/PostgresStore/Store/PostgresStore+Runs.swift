public import Pipeline

/// Runs are a replica's own; how often runs were at a record is counted over all replicas, for the record goes with its
/// partition from one to the next.
extension PostgresStore {
    public func beginRun() async throws(StoreError) -> Bool {
        let replica = configuration.replica
        let commands = [RunStatements.forgetIfClean, RunStatements.begin].map { $0 { $0.add(replica) } }
        return try await perform(commands) { $0[1].integer(0, 0) == 1 }
    }

    public func endRun() async throws(StoreError) {
        let replica = configuration.replica
        try await perform([RunStatements.end, RunStatements.forget].map { $0 { $0.add(replica) } })
    }

    public func beginRecord(_ stage: Stage, at position: LogPosition) async throws(StoreError) -> Int {
        let replica = configuration.replica
        let commands = [RunStatements.forgetSurvived, RunStatements.count].map {
            $0 {
                $0.add(stage.rawValue)
                $0.add(position.partition)
                $0.add(position.offset)
                $0.add(replica)
            }
        }
        return try await perform(commands) { $0[1].int(0, 0) }
    }

    public func restoration() async throws(StoreError) -> Restoration? {
        try await perform([RunStatements.restoration()]) { answers in
            let rows = answers[0]
            guard rows.count == 1 else { return nil }
            return Restoration(
                at: rows.timestamp(0, 0), backupAt: rows.timestamp(0, 1), resends: rows.integer(0, 2) == 1)
        }
    }
}

private enum RunStatements {
    static let forgetIfClean = Statement(
        "forget_if_clean",
        """
        DELETE FROM record_attempts WHERE replica = $1::text
          AND NOT EXISTS (SELECT FROM runs WHERE replica = $1::text AND NOT ended)
        """)

    /// Answers how the run before ended: a statement sees the tables as they were when it began.
    static let begin = Statement(
        "begin_run",
        """
        WITH begun AS (
          INSERT INTO runs (replica, number, ended) VALUES ($1::text, nextval('run_numbers'), false)
          ON CONFLICT (replica) DO UPDATE SET number = excluded.number, ended = false
        )
        SELECT coalesce((SELECT ended FROM runs WHERE replica = $1::text), true)
        """)

    static let end = Statement("end_run", "UPDATE runs SET ended = true WHERE replica = $1::text")

    static let restoration = Statement(
        "restoration",
        "SELECT restored_at, backup_at, resends::int FROM restorations ORDER BY number DESC LIMIT 1")

    static let forget = Statement("forget_records", "DELETE FROM record_attempts WHERE replica = $1::text")

    private static let run = "coalesce((SELECT number FROM runs WHERE replica = $4::text), 0)"

    /// A run that goes on to another record has survived the one before.
    static let forgetSurvived = Statement(
        "forget_survived",
        """
        DELETE FROM record_attempts
        WHERE stage = $1::text AND part = $2::int8 AND position <> $3::int8 AND last_run = \(run)
        """)

    static let count = Statement(
        "count_record",
        """
        INSERT INTO record_attempts AS r (stage, part, position, replica, runs, last_run)
        VALUES ($1::text, $2::int8, $3::int8, $4::text, 1, \(run))
        ON CONFLICT (stage, part, position) DO UPDATE SET runs = r.runs + (r.last_run <> excluded.last_run)::int,
          last_run = excluded.last_run, replica = excluded.replica
        RETURNING runs
        """)
}
