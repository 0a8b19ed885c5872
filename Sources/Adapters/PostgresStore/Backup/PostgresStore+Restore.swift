public import ChannelSDK
import Foundation
public import Pipeline

extension PostgresStore {
    /// What stands in the way of replacing the schema: the replicas that work on it, and until when their leases hold.
    public struct LiveHosts: Sendable, Hashable, CustomStringConvertible {
        public let replicas: [String]
        /// Seconds until the last lease has run out, should they be gone without a word.
        public let seconds: Int

        public var description: String {
            """
            replicas work on it: \(replicas.joined(separator: ", ")); stop them first (if they were killed, their leases \
            run out in \(seconds) s)
            """
        }
    }

    /// Nil: nobody works on the schema, or there is none. Replicas that ended cleanly don't count, though their leases
    /// may not have run out yet.
    public static func liveHosts(_ configuration: Configuration) async throws(StoreError) -> LiveHosts? {
        try await withSession(configuration) { session throws(PostgresFailure) in
            let tables = try session.texts(
                "live_tables", "SELECT tablename::text FROM pg_tables WHERE schemaname = current_schema()")
            guard tables.contains("owners"), tables.contains("runs") else { return nil }
            let replicas = try session.texts("live_runs", "SELECT replica FROM runs WHERE NOT ended ORDER BY 1")
            let rest = try session.rows(
                "live_leases", "SELECT ceil(extract(epoch FROM max(lease_until) - clock_timestamp()))::int8 FROM owners"
            )
            guard !replicas.isEmpty, !rest.isNull(0, 0), rest.int(0, 0) > 0 else { return nil }
            return LiveHosts(replicas: replicas, seconds: rest.int(0, 0))
        }
    }

    /// Puts a dump in the place of the schema, all of it in one transaction.
    /// - Parameters:
    ///   - path: the dump's file.
    ///   - aside: the name of the schema that what was there is kept under; there must be none yet.
    ///   - backupAt: noted in the restored schema with the server's time, so that a host sends nothing twice.
    ///   - beforeCommit: carried out once the server has taken all of it, and nothing is left but the commit.
    /// - Throws: ``StoreError/failed(_:)``, and whatever `beforeCommit` throws; then nothing has changed.
    public static func restore<Outcome: Sendable>(
        _ configuration: Configuration, from path: String, aside: String, backupAt: Timestamp, resends: Bool,
        beforeCommit: () async throws -> Outcome
    ) async throws -> Outcome {
        let shell = try PostgresTool(.shell, configuration)
        let restore = try PostgresTool(.restore, configuration)
        let script = RestoreScript(
            schema: configuration.schema, aside: aside, backupAt: backupAt, resends: resends)
        let input = Pipe()
        let running = try shell.start(
            [
                "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--no-password", "--set=ON_ERROR_STOP=1",
                "--file=-",
            ], input: input.fileHandleForReading, output: nil)
        let end = input.fileHandleForWriting
        var outcome: Result<Outcome, any Error>
        do {
            try end.write(contentsOf: Data(script.before.utf8))
            let reading = try restore.start(
                ["--no-owner", "--no-privileges", "--file=-", path], input: nil, output: end)
            try await reading.finish()
            try end.write(contentsOf: Data(script.after.utf8))
            guard await running.prints(line: RestoreScript.lastWord) else {
                throw StoreError.failed("psql has ended before the restore was over")
            }
            outcome = .success(try await beforeCommit())
            // Without it the transaction is given up.
            try end.write(contentsOf: Data("COMMIT;\n".utf8))
        } catch {
            outcome = .failure(error)
        }
        try? end.close()
        // What the server refused is the cause; that the other program lost its reader only follows from it.
        try await running.finish()
        return try outcome.get()
    }
}

/// What is done around the dump, in its transaction.
private struct RestoreScript {
    let schema: String
    let aside: String
    let backupAt: Timestamp
    let resends: Bool

    /// What the server says when it has taken everything.
    static let lastWord = "all of it is restored"

    /// Like a migration, it waits for hosts that are just starting, and they wait for it.
    var before: String {
        """
        BEGIN;
        SET LOCAL lock_timeout = '30s';
        SELECT pg_advisory_xact_lock(5348, 1);
        DO $$
        BEGIN
          IF to_regclass('\(schema).owners') IS NOT NULL AND to_regclass('\(schema).runs') IS NOT NULL THEN
            LOCK TABLE \(schema).owners, \(schema).runs;
            IF EXISTS (SELECT FROM \(schema).runs WHERE NOT ended)
              AND EXISTS (SELECT FROM \(schema).owners WHERE lease_until > clock_timestamp()) THEN
              RAISE EXCEPTION 'a replica has been started meanwhile';
            END IF;
          END IF;
          IF to_regnamespace('\(schema)') IS NOT NULL THEN
            ALTER SCHEMA \(schema) RENAME TO \(aside);
          END IF;
        END $$;

        """
    }

    /// What was under way at the backup is due like what waited: all of it may have been done since. The runs and leases of the hosts that the backup was made of are over, and so are their epochs, for good.
    var after: String {
        """
        SET LOCAL search_path = \(schema);
        INSERT INTO restorations (restored_at, backup_at, resends)
        SELECT greatest((extract(epoch FROM clock_timestamp()) * 1000)::bigint, \(backupAt.milliseconds)),
          \(backupAt.milliseconds), \(resends);
        INSERT INTO ready (number, ordinal, channel, class, account, due, attempt, errand)
        SELECT c.number, c.ordinal, d.channel, n.class, n.account,
          (SELECT restored_at FROM restorations ORDER BY restorations.number DESC LIMIT 1), c.attempt, c.errand
        FROM claims c JOIN deliveries d ON d.number = c.number AND d.ordinal = c.ordinal
        JOIN notifications n ON n.number = c.number
        ON CONFLICT (number, ordinal) DO UPDATE SET due = excluded.due, attempt = excluded.attempt, errand = excluded.errand;
        DELETE FROM claims;
        DELETE FROM owners;
        UPDATE runs SET ended = true;
        DELETE FROM record_attempts;
        UPDATE stage_progress SET epoch = epoch + 1000000000;
        SELECT '\(Self.lastWord)';

        """
    }
}
