public import ChannelSDK

/// Which PostgreSQL database keeps the store.
public struct PostgresConfiguration: Sendable, Hashable {
    /// `postgresql://user:password@host:port/database`.
    public var url: Secret
    public var schema: String
    /// Connections of this replica at most.
    public var pool: Int
}

extension PostgresConfiguration {
    /// - Returns: nil when something is missing, which is reported.
    init?(_ section: inout Section) {
        let url = section.required(
            "url", .secret, "The database: postgresql://user:password@host:port/database.")
        schema = section.value(
            "schema", .text, default: "switchboard", "Where the tables are: lower-case letters, digits and '_'.")
        pool = section.value("pool", .integer(2...1000), default: 12, "Connections of this replica, at most.")
        guard let url else { return nil }
        self.url = Secret(url)
    }
}
