public import Pipeline

extension PostgresStore {
    /// The names of the migrations that this program knows, in order.
    public static var knownSchema: [String] { PostgresMigrations.all.map(\.label) }

    /// What the schema holds; nil: there is no such schema, or it has none of the tables.
    public static func summary(_ configuration: Configuration) async throws(StoreError) -> StoreSummary? {
        try await withSession(configuration) { session throws(PostgresFailure) in
            try session.performScript("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            let summary = try Self.summary(session)
            try session.performScript("COMMIT")
            return summary
        }
    }

    /// A connection of its own, for what may take long.
    static func withSession<Result: Sendable>(
        _ configuration: Configuration, _ body: @Sendable (Session) throws(PostgresFailure) -> Result
    ) async throws(StoreError) -> Result {
        try configuration.check()
        var patient = configuration
        patient.statementTimeout = .seconds(24 * 3600)
        patient.applicationName = PostgresStore.Configuration.toolName
        let connection = PostgresConnection(patient)
        do throws(PostgresFailure) {
            let result = try await connection.run(body)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error.storeError
        }
    }

    /// To be called in a transaction of one moment.
    static func summary(_ session: Session) throws(PostgresFailure) -> StoreSummary? {
        let tables = try session.texts(
            "summary_tables", "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
        guard tables.contains("schema_version"), tables.contains("notifications") else { return nil }
        let schema = try session.texts(
            "summary_schema", "SELECT version || ' ' || name FROM schema_version ORDER BY version")
        var counts: [String: Int] = [:]
        for table in tables where table != "schema_version" {
            counts[table] = try session.rows("summary_\(table)", "SELECT count(*) FROM \"\(table)\"").int(0, 0)
        }
        let newest = try session.rows("summary_newest", "SELECT max(accepted_at) FROM notifications")
        let progress = try session.rows("summary_positions", "SELECT stage, part, next_offset FROM stage_progress")
        var positions: [String: [String: Int64]] = [:]
        for row in progress.indices {
            positions[progress.text(row, 0), default: [:]]["\(progress.int(row, 1))"] = progress.integer(row, 2)
        }
        return StoreSummary(
            schema: schema, tables: counts,
            newestMilliseconds: newest.isNull(0, 0) ? nil : newest.integer(0, 0), positions: positions)
    }
}

extension PostgresMigrations.Migration {
    var label: String { "\(version) \(name)" }
}

extension Session {
    func rows(_ name: String, _ sql: String) throws(PostgresFailure) -> Rows {
        try perform([Statement(name, sql)()])[0]
    }

    func texts(_ name: String, _ sql: String) throws(PostgresFailure) -> [String] {
        let rows = try rows(name, sql)
        return rows.indices.map { rows.text($0, 0) }
    }
}
