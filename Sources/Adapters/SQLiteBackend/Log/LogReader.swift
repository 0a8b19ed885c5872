import GRDB
import Pipeline

/// Reads records by offset: from memory as long as it holds them, else from the file.
struct LogReader: Sendable {
    /// The most bytes of blocks to fetch from the file at once.
    private static let fetchBytes = 4 << 20

    let database: DatabasePool
    let index: LogIndex

    /// Records from `offset` on, at most `limit`, none beyond the durable end. They begin later than `offset` when older
    /// ones have been trimmed.
    func records(of key: PartitionKey, from offset: Int64, limit: Int) async throws(LogError) -> [LogRecord] {
        let end = index.extent(of: key).end
        guard offset < end else { return [] }
        let blocks: [LogBlock]
        if let recent = index.recentBlocks(of: key, from: offset, limit: limit) {
            blocks = recent
        } else {
            blocks = try await fetch(key, from: offset, limit: limit)
        }
        var records: [LogRecord] = []
        for block in blocks {
            let rest = limit - records.count
            if records.isEmpty {
                records = try block.records(from: offset, below: end, limit: rest)
            } else if rest > 0 {
                records += try block.records(from: offset, below: end, limit: rest)
            }
        }
        return records
    }

    private func fetch(_ key: PartitionKey, from offset: Int64, limit: Int) async throws(LogError) -> [LogBlock] {
        do {
            return try await database.read { database in
                let statement = try RawStatement(
                    database,
                    """
                    SELECT base, count, records FROM \(key.table)
                    WHERE base >= coalesce((SELECT max(base) FROM \(key.table) WHERE base <= ?1), ?1) ORDER BY base
                    """)
                statement.bind(1, offset)
                defer { statement.reset() }
                var blocks: [LogBlock] = []
                var records = 0
                var bytes = 0
                while records < limit, bytes < Self.fetchBytes, try statement.step() {
                    let block = LogBlock(base: statement.integer(0), count: statement.int(1), bytes: statement.blob(2))
                    guard block.end > offset else { continue }
                    records += Int(block.end - max(offset, block.base))
                    bytes += block.bytes.count
                    blocks.append(block)
                }
                return blocks
            }
        } catch {
            throw SQLiteFailure(error).logError
        }
    }
}
