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
