import GRDB
public import Pipeline

extension SQLiteStore {
    public func beginRun() async throws(StoreError) -> Bool {
        try await write { session in
            let last = try session.statement("SELECT ended FROM runs ORDER BY number DESC LIMIT 1")
            let wasClean = try last.first { $0.integer(0) == 1 } ?? true
            try session.statement("DELETE FROM runs").run()
            try session.statement("INSERT INTO runs (ended) VALUES (0)").run()
            if wasClean { try session.statement("DELETE FROM record_attempts").run() }
            return wasClean
        }
    }

    public func endRun() async throws(StoreError) {
        try await write { session in
            try session.statement("UPDATE runs SET ended = 1 WHERE number = (SELECT max(number) FROM runs)").run()
            try session.statement("DELETE FROM record_attempts").run()
        }
    }

    public func beginRecord(_ stage: Stage, at position: LogPosition) async throws(StoreError) -> Int {
        try await write { session in
            let run = try session.statement("SELECT coalesce(max(number), 0) FROM runs").first { $0.integer(0) } ?? 0
            try session.forgetSurvived(stage, position, run)
            let count = try session.statement(
                """
                INSERT INTO record_attempts (stage, part, position, runs, last_run) VALUES (?1, ?2, ?3, 1, ?4)
                ON CONFLICT DO UPDATE SET runs = runs + (last_run <> ?4), last_run = ?4 RETURNING runs
                """)
            count.bind(1, stage.rawValue)
            count.bind(2, position.partition)
            count.bind(3, position.offset)
            count.bind(4, run)
            return try count.first { $0.int(0) } ?? 1
        }
    }

    public func restoration() async throws(StoreError) -> Restoration? {
        try await read { database in
            try RawStatement(
                database, "SELECT restored_at, backup_at, resends FROM restorations ORDER BY number DESC LIMIT 1"
            ).first { Restoration(at: $0.timestamp(0), backupAt: $0.timestamp(1), resends: $0.integer(2) == 1) }
        }
    }
}

extension WriteSession {
    /// A run that goes on to another record has survived the one before.
    fileprivate func forgetSurvived(_ stage: Stage, _ position: LogPosition, _ run: Int64) throws {
        let delete = try statement(
            "DELETE FROM record_attempts WHERE stage = ? AND part = ? AND position <> ? AND last_run = ?")
        delete.bind(1, stage.rawValue)
        delete.bind(2, position.partition)
        delete.bind(3, position.offset)
        delete.bind(4, run)
        try delete.run()
    }
}
