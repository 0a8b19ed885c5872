public import ChannelSDK

/// Which Redis shares the cache and the rate limits among replicas.
public struct RedisConfiguration: Sendable, Hashable {
    public var host: String
    public var port: Int
    public var username: String?
    public var password: Secret?
    public var database: Int
    /// Comes before each key.
    public var prefix: String
    /// Among so many a rate limit is divided while Redis can't be reached.
    public var replicas: Int
}

extension RedisConfiguration {
    /// - Returns: nil when something is missing, which is reported.
    init?(_ section: inout Section) {
        let host = section.required("host", .text, "Where Redis listens.")
        port = section.value("port", .integer(1...65535), default: 6379, "Redis's port.")
        username = section.optional("username", .text, "For Redis with access lists.")
        password = section.optional("password", .secret, "Redis's password.").map { Secret($0) }
        database = section.value("database", .integer(0...1_000_000), default: 0, "Redis's database number.")
        prefix = section.value("prefix", .text, default: "switchboard:", "Comes before each key.")
        replicas = section.value(
            "replicas", .integer(1...1000), default: 1,
            "Replicas of this host: each takes its share of a rate limit while Redis can't be reached.")
        guard let host else { return nil }
        self.host = host
    }
}
