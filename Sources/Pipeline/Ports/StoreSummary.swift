public import ChannelSDK

/// What a store holds, for whoever backs it up or replaces it.
public struct StoreSummary: Sendable, Hashable, Codable {
    /// The names of the migrations that have been applied, in order.
    public var schema: [String]
    /// Rows by table.
    public var tables: [String: Int]
    /// When the newest notification was accepted, in milliseconds since 1970.
    public var newestMilliseconds: Int64?
    /// By stage and partition: records below this offset of the log are in the store.
    public var positions: [String: [String: Int64]]

    public init(
        schema: [String], tables: [String: Int], newestMilliseconds: Int64?, positions: [String: [String: Int64]]
    ) {
        self.schema = schema
        self.tables = tables
        self.newestMilliseconds = newestMilliseconds
        self.positions = positions
    }

    public var newest: Timestamp? { newestMilliseconds.map { Timestamp(milliseconds: $0) } }
}
