import Foundation
@testable import KafkaLog
import Logging
import Pipeline
import PortConformance
import Synchronization

/// The cluster that the environment names, with topics and groups of a test's own.
struct TestCluster: Sendable {
    struct Missing: Error, CustomStringConvertible {
        let description = "KAFKA_BROKERS names no cluster: run the tests by scripts/with-kafka"
    }

    let configuration: KafkaLog.Configuration

    /// - Parameter partitions: the mock cluster makes topics with four.
    init(partitions: Int = 4, properties: [String: String] = [:]) throws {
        guard let brokers = ProcessInfo.processInfo.environment["KAFKA_BROKERS"] else { throw Missing() }
        let prefix = "test-\(UInt64.random(in: 0 ... .max))."
        configuration = KafkaLog.Configuration(
            bootstrapServers: brokers, partitions: partitions, prefix: prefix, consumerGroup: prefix + "group",
            properties: ["session.timeout.ms": "6000", "heartbeat.interval.ms": "500"].merging(properties) { $1 },
            deliveryTimeout: .seconds(20), requestTimeout: .seconds(10))
    }

    func open() async throws -> KafkaLog {
        var logger = Logger(label: "kafka")
        logger.logLevel = .critical
        return try await KafkaLog.open(configuration, logger: logger)
    }

    func underTest() -> BackendUnderTest<any EventLog> {
        let open = self.open
        let current = Mutex<KafkaLog?>(nil)
        return BackendUnderTest {
            let log = try await open()
            current.withLock { $0 = log }
            return log
        } end: { ending in
            let log = current.withLock { current in
                defer { current = nil }
                return current
            }
            switch ending {
            case .clean: await log?.close()
            case .abrupt: log?.vanish()
            }
        }
    }
}
