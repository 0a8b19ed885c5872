import ChannelSDK
import GRDB
import Pipeline

/// Gathers what the writes of a group append, gives it offsets, and writes it as few rows.
///
/// `@unchecked Sendable` holds because only the committer uses it, on the database's one writer queue.
final class LogWriter: @unchecked Sendable {
    /// The end of a partition, in records and in bytes ever appended.
    struct End: Sendable {
        var offset: Int64 = 0
        var bytes: Int64 = 0
    }

    private struct Open {
        var count: Int
        var bytes: [UInt8]
    }

    /// A block takes no more in once it has so many bytes, so that a reader of a few records need not read megabytes.
    private static let blockBytes = 1 << 20
    /// Lazily remembered offsets ride along with other writes, but not with each of them.
    private static let offsetsPause = Duration.milliseconds(200)

    let index: LogIndex
    private let groups: ConsumerGroups
    private let clock: any WallClock
    private let partitions: Int
    /// As of the last committed transaction.
    private var ends: [PartitionKey: End]
    private var lastOffsets = ContinuousClock.now
    // Of the transaction at hand:
    private var open: [PartitionKey: Open] = [:]
    private var newEnds: [PartitionKey: End] = [:]
    private var written: [(key: PartitionKey, block: LogBlock)] = []
    private var trimmed: [(key: PartitionKey, first: Int64)] = []
    private var writesOffsets = false
    private var writtenOffsets: [ConsumerGroups.OffsetKey: Int64] = [:]

    init(
        ends: [PartitionKey: End], index: LogIndex, groups: ConsumerGroups, partitions: Int, clock: any WallClock
    ) {
        self.ends = ends
        self.index = index
        self.groups = groups
        self.partitions = partitions
        self.clock = clock
    }

    func begin() {
        open = [:]
        newEnds = [:]
        written = []
        trimmed = []
        writesOffsets = false
        writtenOffsets = [:]
    }

    func append(_ batch: EncodedBatch, _ database: Database) throws {
        for chunk in batch.chunks {
            let key = PartitionKey(topic: batch.topic, partition: chunk.partition)
            guard var block = open.removeValue(forKey: key) else {
                open[key] = Open(count: chunk.count, bytes: chunk.bytes)
                continue
            }
            if block.bytes.count + chunk.bytes.count > Self.blockBytes {
                try write(block, key, database)
                open[key] = Open(count: chunk.count, bytes: chunk.bytes)
            } else {
                block.bytes += chunk.bytes.dropFirst()
                block.count += chunk.count
                open[key] = block
            }
        }
    }

    func wantsOffsets() { writesOffsets = true }

    func finish(_ database: Database) throws {
        for (key, block) in open { try write(block, key, database) }
        open = [:]
        guard groups.hasDirtyOffsets else { return }
        if writesOffsets || ContinuousClock.now - lastOffsets > Self.offsetsPause { try writeOffsets(database) }
    }

    func abandon() { begin() }

    func publish() {
        ends.merge(newEnds) { $1 }
        if !written.isEmpty || !trimmed.isEmpty { index.publish(written, trimmed: trimmed) }
        if !writtenOffsets.isEmpty { groups.confirm(writtenOffsets) }
        begin()
    }

    // MARK: Rows

    private func write(_ block: Open, _ key: PartitionKey, _ database: Database) throws {
        var end = newEnds[key] ?? ends[key] ?? End()
        if ends[key] == nil, newEnds[key] == nil { try create(key.topic, database) }
        let statement = try RawStatement(
            database, "INSERT INTO \(key.table) (base, count, at, total, records) VALUES (?, ?, ?, ?, ?)")
        let base = end.offset
        end.offset += Int64(block.count)
        end.bytes += Int64(block.bytes.count)
        statement.bind(1, base)
        statement.bind(2, block.count)
        statement.bind(3, clock.now())
        statement.bind(4, end.bytes)
        try statement.run(5, blob: block.bytes)
        newEnds[key] = end
        written.append((key, LogBlock(base: base, count: block.count, bytes: block.bytes)))
    }

    private func create(_ topic: Topic, _ database: Database) throws {
        try database.execute(
            sql: "INSERT OR IGNORE INTO log_topics (name, partitions) VALUES (?, ?)",
            arguments: [topic.rawValue, partitions])
        for partition in 0..<partitions {
            let key = PartitionKey(topic: topic, partition: partition)
            // `total` counts the bytes ever appended, this row's included: the difference of two rows is the size
            // of what lies between them.
            try database.execute(
                sql: """
                    CREATE TABLE IF NOT EXISTS \(key.table) (
                      base INTEGER PRIMARY KEY, count INTEGER NOT NULL, at INTEGER NOT NULL, total INTEGER NOT NULL,
                      records BLOB NOT NULL
                    )
                    """)
            if newEnds[key] == nil { newEnds[key] = End() }
        }
    }

    func writeOffsets(_ database: Database) throws {
        let dirty = groups.dirtyOffsets
        let statement = try RawStatement(
            database,
            """
            INSERT INTO log_group_offsets (topic, part, consumer, next_offset) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET next_offset = max(next_offset, excluded.next_offset)
            """)
        for (key, offset) in dirty {
            statement.bind(1, key.group.topic.rawValue)
            statement.bind(2, key.partition)
            statement.bind(3, key.group.name)
            statement.bind(4, offset)
            try statement.run()
        }
        writtenOffsets = dirty
        lastOffsets = .now
    }

    // MARK: Trimming

    func end(of key: PartitionKey) -> End? { ends[key] }

    /// Deletes those of the oldest `limit` rows of `key` for which `condition` holds, and never the youngest: it holds
    /// the partition's end. Returns how many were deleted.
    func trim(
        _ key: PartitionKey, where condition: String, _ bound: Int64, limit: Int, _ database: Database
    ) throws -> Int {
        guard ends[key] != nil else { return 0 }
        let statement = try RawStatement(
            database,
            """
            DELETE FROM \(key.table) WHERE base IN (
              SELECT base FROM (SELECT base, count, at, total FROM \(key.table) ORDER BY base LIMIT ?2)
              WHERE \(condition) AND base < (SELECT max(base) FROM \(key.table)))
            """)
        statement.bind(1, bound)
        statement.bind(2, limit)
        try statement.run()
        let count = database.changesCount
        guard count > 0 else { return 0 }
        let first = try RawStatement(database, "SELECT min(base) FROM \(key.table)").first { $0.integer(0) }
        trimmed.append((key, first ?? 0))
        return count
    }
}
