extension KafkaLog {
    /// Which cluster, and how. Its description shows no property: passwords are among them.
    public struct Configuration: Sendable, CustomStringConvertible, CustomReflectable {
        /// `host:port`, several separated by commas.
        public var bootstrapServers: String
        /// Of every topic. Topics that are missing are created with so many; others must have exactly so many.
        public var partitions: Int
        /// Of topics that are created; nil: the cluster's default.
        public var replicationFactor: Int?
        /// Comes before each topic's name.
        public var prefix: String
        /// Comes before each stage's name: replicas that share the work have the same.
        public var consumerGroup: String
        /// What the cluster's logs call this replica.
        public var clientID: String
        /// librdkafka's own properties, such as `security.protocol` and `sasl.password`, passed on as they are. Those
        /// that the log's promises rest on can't be set.
        public var properties: [String: String]
        /// How long an append may wait for the cluster before it fails.
        public var deliveryTimeout: Duration
        /// How long any other question to the cluster may take.
        public var requestTimeout: Duration
        /// How long a partition's work may go on after the group has asked for the partition back.
        public var revocationTimeout: Duration

        public init(
            bootstrapServers: String, partitions: Int = 12, replicationFactor: Int? = nil, prefix: String = "",
            consumerGroup: String = "switchboard", clientID: String = "switchboard",
            properties: [String: String] = [:], deliveryTimeout: Duration = .seconds(10),
            requestTimeout: Duration = .seconds(5), revocationTimeout: Duration = .seconds(10)
        ) {
            self.bootstrapServers = bootstrapServers
            self.partitions = partitions
            self.replicationFactor = replicationFactor
            self.prefix = prefix
            self.consumerGroup = consumerGroup
            self.clientID = clientID
            self.properties = properties
            self.deliveryTimeout = deliveryTimeout
            self.requestTimeout = requestTimeout
            self.revocationTimeout = revocationTimeout
        }

        public var description: String { "Kafka, \(partitions) partitions per topic" }

        public var customMirror: Mirror { Mirror(self, children: ["partitions": partitions]) }

        func check() throws(KafkaLogError) {
            guard !bootstrapServers.isEmpty else { throw KafkaLogError("Kafka: name at least one bootstrap server") }
            guard (1...10_000).contains(partitions) else {
                throw KafkaLogError("Kafka: \(partitions) partitions can't be; use 1 to 10000")
            }
            let fixed = properties.keys.filter(Self.fixedProperties.contains).sorted()
            guard fixed.isEmpty else {
                throw KafkaLogError("Kafka: Switchboard sets \(fixed.joined(separator: ", ")) itself; remove it")
            }
        }

        private static let fixedProperties: Set<String> = [
            "bootstrap.servers", "metadata.broker.list", "enable.idempotence", "acks", "request.required.acks",
            "delivery.timeout.ms", "message.timeout.ms", "enable.auto.commit", "auto.commit.enable",
            "enable.auto.offset.store", "auto.offset.reset", "client.id", "group.id", "group.instance.id",
            "transactional.id",
            "partition.assignment.strategy", "enable.partition.eof", "enable.gapless.guarantee",
            "delivery.report.only.error", "max.in.flight", "max.in.flight.requests.per.connection", "retries",
            "message.send.max.retries",
        ]

        /// `text` without the value of any property that may be secret.
        func redacted(_ text: String) -> String {
            let secret = ["password", "secret", "token", "key", "config", "pem"]
            var text = text
            for (name, value) in properties where !value.isEmpty && secret.contains(where: name.contains) {
                text = text.replacing(value, with: "***")
            }
            return text
        }
    }
}

/// Why the log could not be opened; for the operator.
public struct KafkaLogError: Error, Sendable, Hashable, CustomStringConvertible {
    public let description: String

    init(_ description: String) { self.description = description }
}

extension Duration {
    /// Whole milliseconds, at least one: librdkafka takes zero and less for other things.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        return Int32(clamping: max(1, min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000))
    }
}
