import ChannelSDK
import ConfigurationFile
import KafkaLog
import Logging
import Pipeline
import PostgresStore

extension Backends {
    /// How long a start waits for servers that start at the same time.
    private static let startTime = Duration.seconds(60)

    /// The log in Kafka, the store in PostgreSQL, both shared by all replicas.
    static func shared(
        _ kafka: KafkaConfiguration, _ postgres: PostgresConfiguration, replica: String, logger: Logger
    ) async throws -> Backends {
        let database = PostgresStore.Configuration(postgres, replica: replica)
        try await migrate(database, logger)
        let store = try PostgresStore(database)
        let configuration = KafkaLog.Configuration(kafka)
        let log = try await patiently("Kafka", logger) { try await KafkaLog.open(configuration, logger: logger) }
        return Backends(
            log: log, store: store, accounts: PostgresAccountStore(store), areShared: true,
            maintain: {
                let ended = try await store.endAbandonedSessions()
                if ended > 0 {
                    logger.notice(
                        "ended what a replica had begun in PostgreSQL before it stood still",
                        metadata: ["sessions": "\(ended)"])
                }
                try await store.removeIdleOwners()
            },
            close: {
                await log.close()
                await store.close()
            },
            samples: {
                let counts = log.appendCounts
                return [
                    MetricSample(.appends, value: counts.batches),
                    MetricSample(.appendedRecords, value: counts.records),
                ]
            })
    }

    /// Brings the tables up to date, and says what was done.
    static func migrate(_ database: PostgresStore.Configuration, _ logger: Logger) async throws {
        let applied = try await patiently("PostgreSQL", logger) { try await PostgresStore.migrate(database) }
        for migration in applied {
            logger.notice(
                "migrated the store", metadata: ["version": "\(migration.version)", "name": "\(migration.name)"])
        }
    }

    /// Tries again while a server is not there yet. What another try would not change is thrown at once.
    private static func patiently<Value>(
        _ server: String, _ logger: Logger, _ open: () async throws -> Value
    ) async throws -> Value {
        let deadline = ContinuousClock.now + startTime
        while true {
            do {
                return try await open()
            } catch StoreError.failed(let reason) {
                throw BackendsRefusal(description: reason)
            } catch {
                guard ContinuousClock.now < deadline else { throw BackendsRefusal(description: "\(error)") }
                logger.warning("\(server) can't be used yet; trying again", metadata: ["error": "\(error)"])
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}

extension PostgresStore.Configuration {
    init(_ postgres: PostgresConfiguration, replica: String) {
        self.init(
            connectionString: postgres.url.revealed, schema: postgres.schema, replica: replica,
            poolSize: postgres.pool)
    }
}

extension KafkaLog.Configuration {
    init(_ kafka: KafkaConfiguration) {
        self.init(
            bootstrapServers: kafka.brokers, partitions: kafka.partitions,
            replicationFactor: kafka.replicationFactor, prefix: kafka.topicPrefix,
            consumerGroup: kafka.consumerGroup, clientID: kafka.clientID,
            properties: Dictionary(
                kafka.properties.map { ($0.name, $0.value) }, uniquingKeysWith: { first, _ in first }))
    }
}
