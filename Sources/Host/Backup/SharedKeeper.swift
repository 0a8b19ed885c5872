import Backup
import ChannelSDK
import KafkaLog
import Logging
import Pipeline
import PostgresStore
import SQLiteBackend

/// The store in PostgreSQL, beside the log in Kafka.
struct SharedKeeper: StoreKeeper {
    let database: PostgresStore.Configuration
    let kafka: KafkaLog.Configuration
    let logger: Logger

    var kind: BackupManifest.Kind { .postgres }
    var place: String { "PostgreSQL, schema \(database.schema)" }
    var knownSchema: [String] { PostgresStore.knownSchema }

    func copy(to path: String, _ progress: ProgressLine) async throws -> BackupManifest {
        progress.begin("asking Kafka where the webhooks' reader stands")
        let correlated = await correlatedOffsets(progress)
        progress.begin("dumping \(place)")
        let start = SQLiteBackend.SystemClock().now()
        let dump = try await PostgresStore.dump(database, to: path) {
            progress.update(bytes: (try? FileSize.of(path)) ?? 0)
        }
        var summary = dump.summary
        // Read before the dump's moment: what is read twice does no harm, what is left out would be lost.
        summary.positions[Stage.correlator.rawValue] = correlated.map { offsets in
            Dictionary(uniqueKeysWithValues: offsets.map { ("\($0.key)", $0.value) })
        }
        return BackupManifest(
            kind: .postgres, created: start, contentBytes: try FileSize.of(path), summary: summary,
            postgresSchema: database.schema, postgresVersion: dump.serverVersion)
    }

    /// The store does not know this stage's place. Without it a restore reads all webhooks that Kafka still keeps.
    private func correlatedOffsets(_ progress: ProgressLine) async -> [Int: Int64]? {
        do {
            return try await KafkaLog.committedOffsets(kafka, of: .correlator, logger: logger)
        } catch {
            progress.end()
            Terminal.complain(
                "warning: Kafka does not say where the webhooks' reader stands (\(error)); a restore of this backup reads "
                    + "all webhooks again that Kafka still keeps\n")
            return nil
        }
    }

    func current() async throws -> StoreSummary? { try await PostgresStore.summary(database) }

    func obstacle(to manifest: BackupManifest) async throws -> String? {
        if let schema = manifest.postgresSchema, schema != database.schema {
            return "the backup is of the schema \(schema): set postgres.schema to that, or use another backup"
        }
        return try await PostgresStore.liveHosts(database)?.description
    }

    func replace(with backup: BackupReader, resends: Bool, _ progress: ProgressLine) async throws -> [String] {
        let folder = try TemporaryFolder()
        let dump = folder.path + "/dump"
        progress.begin("unpacking")
        try backup.extract(to: dump) { progress.update($0, of: $1) }
        progress.begin("restoring into \(place)")
        let isThere = try await PostgresStore.summary(database) != nil
        let moment = BackupName(at: SQLiteBackend.SystemClock().now()).moment.lowercased()
        let aside = "\(database.schema.prefix(40))_before_\(moment)"
        let gone = try await PostgresStore.restore(
            database, from: dump, aside: aside, backupAt: backup.manifest.created, resends: resends
        ) {
            // After all that PostgreSQL can refuse, so that then no reader has been moved. Before the commit: readers
            // that are set back and find the newer store have nothing to do, but not the other way round.
            progress.begin("setting the readers of Kafka back")
            return try await rewind(backup.manifest.summary.positions)
        }
        var notes: [String] = []
        if isThere {
            notes.append(
                "what was there is kept as schema \(aside): DROP SCHEMA \(aside) CASCADE when it is not needed any more"
            )
        }
        if gone > 0 {
            notes.append(
                "\(gone) records that came after the backup are gone from Kafka, which did not keep them so long: what "
                    + "they say is not in the store")
        }
        return notes
    }

    private func rewind(_ positions: [String: [String: Int64]]) async throws -> Int64 {
        var gone: Int64 = 0
        // Callbacks go on where they were: what is published again is known to them by its ids.
        for stage in Stage.allCases where stage != .callbacks {
            let stored = positions[stage.rawValue] ?? [:]
            let offsets = Dictionary(
                stored.compactMap { name, offset in Int(name).map { ($0, offset) } }, uniquingKeysWith: min)
            do throws(LogError) {
                gone += try await KafkaLog.rewind(stage, to: offsets, kafka, logger: logger)
            } catch .notOwner {
                throw BackupError(
                    "the group \(kafka.consumerGroup).\(stage.rawValue) has members: stop all replicas first")
            } catch {
                throw BackupError("Kafka can't set the readers back: \(error); nothing has been replaced")
            }
        }
        return gone
    }
}
