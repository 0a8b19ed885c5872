import GRDB
import Pipeline

/// What the file knows of the log when it is opened.
struct StoredLog {
    private(set) var topics: [(topic: Topic, partitions: Int)] = []
    private(set) var ends: [PartitionKey: LogWriter.End] = [:]
    private(set) var extents: [PartitionKey: LogIndex.Extent] = [:]
    private(set) var offsets: [ConsumerGroups.OffsetKey: Int64] = [:]

    init(_ database: Database) throws {
        try RawStatement(database, "SELECT name, partitions FROM log_topics").forEach {
            topics.append((Topic(rawValue: $0.text(0)), $0.int(1)))
        }
        for (topic, partitions) in topics {
            for partition in 0..<partitions {
                try readEnds(of: PartitionKey(topic: topic, partition: partition), database)
            }
        }
        try RawStatement(database, "SELECT topic, part, consumer, next_offset FROM log_group_offsets").forEach {
            let group = ConsumerGroups.GroupKey(topic: Topic(rawValue: $0.text(0)), name: $0.text(2))
            offsets[.init(group: group, partition: $0.int(1))] = $0.integer(3)
        }
    }

    func check(_ configuration: SQLiteBackend.Configuration) throws(SQLiteBackendError) {
        for (topic, partitions) in topics where partitions != configuration.partitions {
            throw .partitionsDiffer(
                path: configuration.path, topic: topic.rawValue, stored: partitions,
                configured: configuration.partitions)
        }
    }

    private mutating func readEnds(of key: PartitionKey, _ database: Database) throws {
        var end = LogWriter.End()
        let last = try RawStatement(
            database, "SELECT base + count, total FROM \(key.table) ORDER BY base DESC LIMIT 1")
        if let (offset, bytes) = try last.first({ ($0.integer(0), $0.integer(1)) }) {
            end = LogWriter.End(offset: offset, bytes: bytes)
        }
        let first = try RawStatement(database, "SELECT min(base) FROM \(key.table)").first { $0.integer(0) }
        ends[key] = end
        extents[key] = LogIndex.Extent(first: first ?? 0, end: end.offset)
    }
}
