internal import YAMLDocument

/// Which Kafka cluster keeps the log.
public struct KafkaConfiguration: Sendable, Hashable {
    public struct Property: Sendable, Hashable {
        public let name: String
        public let value: String
    }

    /// `host:port`, several separated by commas.
    public var brokers: String
    public var partitions: Int
    /// Nil: the cluster's default.
    public var replicationFactor: Int?
    public var clientID: String
    public var consumerGroup: String
    public var topicPrefix: String
    /// librdkafka's own, e.g. `security.protocol`, in the file's order.
    public var properties: [Property]
}

extension KafkaConfiguration {
    /// - Returns: nil when something is missing, which is reported.
    init?(_ section: inout Section) {
        let brokers = section.required(
            "brokers", .text, "The cluster's bootstrap servers: host:port, several separated by commas.")
        partitions = section.value(
            "partitions", .integer(1...10_000), default: 12,
            "Partitions of each topic. Topics that are missing are made with so many; never change it later.")
        replicationFactor = section.optional(
            "replication_factor", .integer(1...32767), "Of topics that are made. Default: the cluster's own.")
        clientID = section.value("client_id", .text, default: "switchboard", "What the cluster's logs call this host.")
        consumerGroup = section.value(
            "consumer_group", .text, default: "switchboard", "Replicas that share the work have the same.")
        topicPrefix = section.optional("topic_prefix", .text, "Comes before each topic's name.") ?? ""
        properties = Self.properties(&section)
        guard let brokers else { return nil }
        self.brokers = brokers
    }

    private static func properties(_ section: inout Section) -> [Property] {
        let path = section.path(of: "properties")
        let check = section.check
        let node = section.node(
            "properties", "a mapping from librdkafka's properties to values", .none,
            "Settings of the client library, e.g. security.protocol, sasl.username, ssl.ca.location.")
        guard let node, let entries = check.entries(of: node, path: path) else { return [] }
        return entries.filter { !$0.isRefused }.compactMap { entry in
            let isSecret = entry.key.hasSuffix("password") || entry.key.hasSuffix(".secret")
            let kind = isSecret ? ValueKind<String>.secret : .text
            return check.value(of: entry.value, kind, path: "\(path).\(entry.key)")
                .map { Property(name: entry.key, value: $0) }
        }
    }
}
