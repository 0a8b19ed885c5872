public import Pipeline

extension PostgresStore {
    /// A migration that a call of ``migrate(_:)`` has carried out.
    public struct AppliedMigration: Sendable, Hashable {
        public let version: Int
        public let name: String
    }

    /// Brings the schema up to date, in one transaction; replicas that start together wait for each other.
    /// - Returns: what was applied, in order; nothing when the schema was up to date.
    /// - Throws: ``StoreError/failed(_:)`` for a schema of a newer Switchboard or a database that isn't UTF-8.
    public static func migrate(_ configuration: Configuration) async throws(StoreError) -> [AppliedMigration] {
        try await migrate(configuration, to: PostgresMigrations.all)
    }

    static func migrate(
        _ configuration: Configuration, to migrations: [PostgresMigrations.Migration]
    ) async throws(StoreError) -> [AppliedMigration] {
        try configuration.check()
        var patient = configuration
        // A migration may rewrite a large table, or wait for the replica that does.
        patient.statementTimeout = max(configuration.statementTimeout, .seconds(3600))
        patient.applicationName = PostgresStore.Configuration.toolName
        let connection = PostgresConnection(patient)
        do throws(PostgresFailure) {
            let schema = configuration.schema
            let applied = try await connection.run { session throws(PostgresFailure) in
                try Migrator(session: session, schema: schema, migrations: migrations).run()
            }
            await connection.close()
            return applied
        } catch {
            await connection.close()
            throw error.storeError
        }
    }
}

private struct Migrator {
    let session: Session
    let schema: String
    let migrations: [PostgresMigrations.Migration]

    func run() throws(PostgresFailure) -> [PostgresStore.AppliedMigration] {
        // The name is checked when the configuration is: it needs no quotes, which no parameter could give here.
        try session.performScript("BEGIN; SELECT pg_advisory_xact_lock(5348, 1); CREATE SCHEMA IF NOT EXISTS \(schema)")
        do throws(PostgresFailure) {
            let applied = try migrate()
            try session.performScript("COMMIT")
            return applied
        } catch {
            if case .connection = error { throw error }
            try session.performScript("ROLLBACK")
            throw error
        }
    }

    private func migrate() throws(PostgresFailure) -> [PostgresStore.AppliedMigration] {
        try session.performScript(
            """
            CREATE TABLE IF NOT EXISTS schema_version (
              version bigint PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now()
            )
            """)
        let encoding = try session.perform([
            Statement("server_encoding", "SELECT current_setting('server_encoding')")()
        ])[0].text(0, 0)
        guard encoding == "UTF8" else {
            throw .misuse("the PostgreSQL database's encoding is \(encoding): create it with ENCODING 'UTF8'")
        }
        let rows = try session.perform([Statement("schema_versions", "SELECT version FROM schema_version")()])[0]
        let found = Set(rows.indices.map { rows.int($0, 0) })
        if let newest = found.max(), newest > migrations.last?.version ?? 0 {
            throw .misuse("the PostgreSQL schema \(schema) is at version \(newest), of a newer Switchboard: run that")
        }
        var applied: [PostgresStore.AppliedMigration] = []
        // Not only what is newer than all that is there: versions can be released out of turn.
        for migration in migrations where !found.contains(migration.version) {
            try session.performScript(migration.sql)
            _ = try session.perform([
                Statement("note_version", "INSERT INTO schema_version (version, name) VALUES ($1::int8, $2::text)")
                    .callAsFunction {
                        $0.add(migration.version)
                        $0.add(migration.name)
                    }
            ])
            applied.append(.init(version: migration.version, name: migration.name))
        }
        return applied
    }
}
