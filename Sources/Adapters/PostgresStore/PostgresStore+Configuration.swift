import CLibpq
import Pipeline

extension PostgresStore {
    /// Which database, and how long to wait for it. Its description never shows the connection string.
    public struct Configuration: Sendable, CustomStringConvertible, CustomReflectable {
        /// A `postgresql://` URL, or libpq's `key=value` words.
        public var connectionString: String
        /// Where the tables are: lower-case letters, digits and `_`, at most 63.
        public var schema: String
        /// Which replica's runs ``PostgresStore/beginRun()`` speaks of: the same after a restart.
        public var replica: String
        /// Connections at most.
        public var poolSize: Int
        public var connectTimeout: Duration
        /// For one transaction: the server gives up then, and the client soon after, should the server be silent.
        public var statementTimeout: Duration
        /// What the server calls the store's sessions.
        var applicationName = Self.storeName
        /// How long to wait before another try to connect: at first, and at most.
        var backoff: ClosedRange<Duration> = .milliseconds(100) ... .seconds(1)

        public init(
            connectionString: String, schema: String = "switchboard", replica: String = "", poolSize: Int = 8,
            connectTimeout: Duration = .seconds(5), statementTimeout: Duration = .seconds(10)
        ) {
            self.connectionString = connectionString
            self.schema = schema
            self.replica = replica
            self.poolSize = max(1, poolSize)
            self.connectTimeout = connectTimeout
            self.statementTimeout = statementTimeout
        }

        /// The name of sessions that keep to their timeouts; see ``PostgresStore/endAbandonedSessions()``.
        static let storeName = "switchboard"
        /// Of those that take their time: migrations, backups.
        static let toolName = "switchboard tool"

        public var description: String { "PostgreSQL, schema \(schema), up to \(poolSize) connections" }

        public var customMirror: Mirror { Mirror(self, children: ["schema": schema, "poolSize": poolSize]) }

        /// - Throws: ``StoreError/failed(_:)``, without a word of the connection string: its parser would quote it.
        func check() throws(StoreError) {
            let first = schema.utf8.first ?? 0
            let allowed = schema.utf8.allSatisfy {
                (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_")
            }
            guard allowed, !(0x30...0x39).contains(first), (1...63).contains(schema.utf8.count) else {
                throw .failed("PostgreSQL schema \"\(schema)\": use lower-case letters, digits and _, at most 63")
            }
            guard !connectionString.utf8.contains(0), let options = PQconninfoParse(connectionString, nil) else {
                throw .failed(
                    "the PostgreSQL connection string can't be read: write postgresql://user:password@host:port/database"
                )
            }
            PQconninfoFree(options)
        }

        /// The password in the connection string, for taking it out of messages.
        var password: String? {
            guard let options = PQconninfoParse(connectionString, nil) else { return nil }
            defer { PQconninfoFree(options) }
            var option = options
            while let keyword = option.pointee.keyword {
                if String(cString: keyword) == "password" { return option.pointee.val.map { String(cString: $0) } }
                option += 1
            }
            return nil
        }
    }
}
