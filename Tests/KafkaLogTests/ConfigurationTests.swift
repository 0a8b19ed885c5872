import Logging
import Pipeline
import Testing

@testable import KafkaLog

struct ConfigurationTests {
    private static let password = "correct-horse-battery"

    @Test(arguments: [
        (KafkaLog.Configuration(bootstrapServers: ""), "name at least one bootstrap server"),
        (.init(bootstrapServers: "127.0.0.1:1", partitions: 0), "0 partitions can't be"),
        (
            .init(bootstrapServers: "127.0.0.1:1", properties: ["acks": "1", "group.id": "mine"]),
            "Switchboard sets acks, group.id itself"
        ),
        (
            .init(bootstrapServers: "127.0.0.1:1", properties: ["delivery.report.only.error": "true"]),
            "Switchboard sets delivery.report.only.error itself"
        ),
        (.init(bootstrapServers: "127.0.0.1:1", properties: ["no.such.thing": "1"]), "no.such.thing is unknown"),
        (
            .init(bootstrapServers: "127.0.0.1:1", properties: ["security.protocol": "nonsense"]),
            "security.protocol has a value that can't be"
        ),
        (
            .init(
                bootstrapServers: "127.0.0.1:1", properties: ["sasl.password": password, "ssl.ca.location": "/none"]),
            "ssl.ca.location"
        ),
    ])
    func whatCanNotBeIsRefusedAtOnce(_ configuration: KafkaLog.Configuration, _ reason: String) async {
        var quick = configuration
        quick.requestTimeout = .milliseconds(300)
        quick.properties["security.protocol"] =
            quick.properties["security.protocol"] ?? (quick.properties["sasl.password"] == nil ? nil : "ssl")
        do {
            _ = try await KafkaLog.open(quick, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            Issue.record("it was opened")
        } catch {
            #expect(error.description.contains(reason), "\(error)")
            #expect(!error.description.contains(Self.password))
        }
    }

    @Test func threeReplicasOfATopicNeedTwoInSync() {
        func minimum(_ replicas: Int?) -> String? {
            var configuration = KafkaLog.Configuration(bootstrapServers: "127.0.0.1:1")
            configuration.replicationFactor = replicas
            let properties = TopicSetup.properties(configuration)
            #expect(properties.contains { $0 == ("max.message.bytes", "\(TopicSetup.maxMessageBytes)") })
            return properties.first { $0.name == "min.insync.replicas" }?.value
        }
        #expect([nil, 1, 2].allSatisfy { minimum($0) == nil })
        #expect([3, 5].allSatisfy { minimum($0) == "2" })
    }

    /// The mock cluster has no way to create topics, and makes them itself, with four partitions.
    @Test func whoCouldNotCreateATopicIsToldWhy() async throws {
        let cluster = try PrivateCluster()
        var configuration = cluster.configuration
        configuration.partitions = 5
        do {
            _ = try await KafkaLog.open(configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            Issue.record("it was opened")
        } catch {
            #expect(error.description.contains("has 4 partitions, the configuration says 5"), "\(error)")
            #expect(error.description.contains("did not let Switchboard create it: "), "\(error)")
        }
        withExtendedLifetime(cluster) {}
    }

    @Test func noDescriptionShowsAProperty() {
        let configuration = KafkaLog.Configuration(
            bootstrapServers: "127.0.0.1:1", properties: ["sasl.password": Self.password])
        var dumped = ""
        dump(configuration, to: &dumped)
        for text in ["\(configuration)", "\([configuration])", String(reflecting: configuration), dumped] {
            #expect(!text.contains(Self.password))
        }
        #expect(configuration.redacted("it said \(Self.password)!") == "it said ***!")
    }

    @Test func aClusterThatIsNotThereIsNamed() async {
        var configuration = KafkaLog.Configuration(bootstrapServers: "127.0.0.1:1")
        configuration.requestTimeout = .milliseconds(300)
        do {
            _ = try await KafkaLog.open(
                configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            Issue.record("it was opened")
        } catch {
            #expect(error.description.contains("the cluster does not answer"))
        }
    }
}
