public import ChannelSDK

extension RedisCache {
    /// Which Redis, and how long to wait for it. Its description never shows the password.
    public struct Configuration: Sendable, CustomStringConvertible, CustomReflectable {
        public var host: String
        public var port: Int
        public var password: Secret?
        /// For servers with access control lists; nil: the server's default user.
        public var username: String?
        public var database: Int
        /// What all keys begin with. Replicas that share a cache and limits have the same.
        public var prefix: String
        public var connectTimeout: Duration
        /// For one command, with the time it waits for others: afterwards the server counts as gone.
        public var commandTimeout: Duration
        /// How long to wait before another try to connect: at first, and at most.
        var backoff: ClosedRange<Duration> = .milliseconds(50) ... .seconds(1)

        public init(
            host: String = "127.0.0.1", port: Int = 6379, password: Secret? = nil, username: String? = nil,
            database: Int = 0, prefix: String = "switchboard:", connectTimeout: Duration = .seconds(1),
            commandTimeout: Duration = .milliseconds(500)
        ) {
            self.host = host
            self.port = port
            self.password = password
            self.username = username
            self.database = database
            self.prefix = prefix
            self.connectTimeout = connectTimeout
            self.commandTimeout = commandTimeout
        }

        /// `host:port` as people write it.
        var address: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }

        public var description: String { "Redis at \(address), database \(database), prefix \(prefix)" }

        public var customMirror: Mirror {
            Mirror(self, children: ["address": address, "database": database, "prefix": prefix])
        }

        /// - Throws: ``RedisError`` with the code `configuration`, for all problems at once.
        func check() throws(RedisError) {
            var problems: [String] = []
            if host.isEmpty || host.utf8.contains(0) { problems.append("name a host") }
            if !(1...65_535).contains(port) { problems.append("port \(port): use 1 to 65535") }
            if database < 0 { problems.append("database \(database): use 0 or more") }
            if connectTimeout <= .zero || commandTimeout <= .zero { problems.append("use timeouts longer than zero") }
            if username != nil, password == nil { problems.append("a user name needs a password") }
            guard problems.isEmpty else {
                throw RedisError(
                    .configuration, "the Redis settings can't be used: \(problems.joined(separator: "; "))")
            }
        }
    }
}
