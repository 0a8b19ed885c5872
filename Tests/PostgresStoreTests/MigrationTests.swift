import Pipeline
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(10)))
struct MigrationTests {
    @Test func secondRunAppliesNothing() async throws {
        try await TestSchema.with(migrated: false) { schema in
            let first = try await PostgresStore.migrate(schema.configuration)
            #expect(first.map(\.version) == PostgresMigrations.all.map(\.version) && !first.isEmpty)
            #expect(try await PostgresStore.migrate(schema.configuration).isEmpty)
        }
    }

    @Test func replicasThatStartTogetherApplyEachOnce() async throws {
        try await TestSchema.with(migrated: false) { schema in
            let configuration = schema.configuration
            let applied = try await withThrowingTaskGroup(of: [PostgresStore.AppliedMigration].self) { tasks in
                for _ in 0..<6 { tasks.addTask { try await PostgresStore.migrate(configuration) } }
                return try await tasks.reduce(into: []) { $0 += $1 }
            }
            #expect(applied.map(\.version) == PostgresMigrations.all.map(\.version))
        }
    }

    /// A schema of the first version, as it was before there were accounts.
    @Test func olderSchemaIsBroughtUpToDate() async throws {
        try await TestSchema.with { schema in
            let statements = [
                "DROP TABLE users", "DROP TABLE api_keys", "DROP TABLE opt_outs", "DROP TABLE restorations",
                "DROP TABLE graphs", "DROP TABLE user_changes",
                "ALTER TABLE deliveries DROP COLUMN ends_route", "DROP INDEX notifications_listed",
                "DROP INDEX parked_cancels", "DROP TABLE opt_out_messages",
                "ALTER TABLE deliveries DROP COLUMN segments",
                "ALTER TABLE timeline DROP COLUMN late, DROP COLUMN segments, DROP COLUMN event_id",
                "DELETE FROM schema_version WHERE version > 1",
            ]
            for sql in statements {
                try await schema.query(sql)
            }
            let applied = try await PostgresStore.migrate(schema.configuration)
            #expect(applied.map(\.version) == [2, 3, 4, 5, 6, 7, 8])
            #expect(try await schema.query("SELECT prefix FROM api_keys").isEmpty)
        }
    }

    /// Versions can be released out of turn: one that lacks is applied, though a higher one is there.
    @Test func aVersionBelowTheHighestIsAppliedLater() async throws {
        try await TestSchema.with(migrated: false) { schema in
            let late = PostgresMigrations.Migration(version: 2, name: "late", sql: "CREATE TABLE late (x bigint)")
            let others = PostgresMigrations.all.filter { $0.version != 2 }
            let first = try await PostgresStore.migrate(schema.configuration, to: others)
            #expect(first.map(\.version) == others.map(\.version))
            let all = (others + [late]).sorted { $0.version < $1.version }
            let second = try await PostgresStore.migrate(schema.configuration, to: all)
            #expect(second.map(\.version) == [2])
            #expect(try await PostgresStore.migrate(schema.configuration, to: all).isEmpty)
            #expect(try await schema.query("SELECT 'there' FROM late UNION SELECT 'there'") == ["there"])
        }
    }

    @Test func newerSchemaIsRefused() async throws {
        try await TestSchema.with { schema in
            try await schema.query("INSERT INTO schema_version (version, name) VALUES (9999, 'later') RETURNING name")
            await #expect {
                try await PostgresStore.migrate(schema.configuration)
            } throws: {
                guard case .failed(let message) = $0 as? StoreError else { return false }
                return message.contains("9999") && message.contains("newer")
            }
        }
    }

    /// So that an update of a delivery can stay on its page and touch no index.
    @Test func noIndexOnWhatUpdatesChange() async throws {
        try await TestSchema.with { schema in
            let indexed = try await schema.query(
                """
                SELECT DISTINCT a.attname::text FROM pg_index i
                JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
                WHERE i.indrelid = 'deliveries'::regclass
                """)
            #expect(Set(indexed) == ["number", "ordinal"])
        }
    }
}
