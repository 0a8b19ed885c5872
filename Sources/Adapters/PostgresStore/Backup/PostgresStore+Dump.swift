import Foundation
public import Pipeline

extension PostgresStore {
    /// A dump of the schema, in `pg_dump`'s custom format.
    public struct Dump: Sendable {
        /// What the dump holds.
        public let summary: StoreSummary
        /// The server's major version.
        public let serverVersion: Int
    }

    /// Dumps the schema as it is at one moment into a new file; hosts may go on writing it.
    /// - Parameter progress: told now and then, while it goes on.
    /// - Throws: ``StoreError/failed(_:)`` when `pg_dump` is missing, too old for the server, or fails.
    public static func dump(
        _ configuration: Configuration, to path: String, progress: @escaping @Sendable () -> Void
    ) async throws(StoreError) -> Dump {
        let tool = try PostgresTool(.dump, configuration)
        let version = try await tool.majorVersion()
        var patient = configuration
        patient.statementTimeout = .seconds(24 * 3600)
        patient.applicationName = PostgresStore.Configuration.toolName
        let moment = PostgresConnection(patient)
        do {
            let opened = try await moment.run { session throws(PostgresFailure) in try Moment(session, tools: version) }
            guard let summary = opened.summary else {
                throw StoreError.failed(
                    "PostgreSQL has no store in the schema \(configuration.schema): there is nothing to back up")
            }
            try await dump(tool, configuration.schema, opened.snapshot, to: path, progress: progress)
            await moment.close()
            return Dump(summary: summary, serverVersion: opened.serverVersion)
        } catch {
            // Ends the transaction as well.
            await moment.close()
            if let failure = error as? PostgresFailure { throw failure.storeError }
            throw error as? StoreError ?? .failed("\(error)")
        }
    }

    private static func dump(
        _ tool: PostgresTool, _ schema: String, _ snapshot: String, to path: String,
        progress: @escaping @Sendable () -> Void
    ) async throws {
        // Not compressed here: the whole backup is.
        let running = try tool.start(
            [
                "--format=custom", "--compress=0", "--no-owner", "--no-privileges", "--no-password",
                "--lock-wait-timeout=60s", "--schema=\(schema)", "--snapshot=\(snapshot)", "--file=\(path)",
            ], input: nil, output: nil)
        let watch = Task {
            while (try? await Task.sleep(for: .milliseconds(200))) != nil { progress() }
        }
        defer { watch.cancel() }
        try await running.finish()
    }
}

/// A moment of the store, held by an open transaction: what is counted and what is dumped are the same.
private struct Moment: Sendable {
    let snapshot: String
    let serverVersion: Int
    let summary: StoreSummary?

    /// - Parameter tools: the major version of the client programs.
    init(_ session: Session, tools: Int) throws(PostgresFailure) {
        serverVersion = try session.rows("server_version", "SELECT current_setting('server_version_num')::int8 / 10000")
            .int(0, 0)
        guard tools >= serverVersion else {
            throw .misuse(
                """
                pg_dump is of version \(tools), but the server is of version \(serverVersion): install its client \
                (Debian: postgresql-client-\(serverVersion))
                """)
        }
        try session.performScript(
            """
            SET idle_in_transaction_session_timeout = 0;
            BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY
            """)
        snapshot = try session.rows("export_snapshot", "SELECT pg_export_snapshot()").text(0, 0)
        summary = try PostgresStore.summary(session)
    }
}
