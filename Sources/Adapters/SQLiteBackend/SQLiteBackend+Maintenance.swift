import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteBackend {
    /// Rows that one transaction deletes, so that writes never wait long for it.
    private static let chunk = 256

    /// Deletes what nobody needs any more: internal records that every group has done, public records beyond the
    /// retention, owners without claims. To be called every few seconds.
    public func maintain() async throws(StoreError) {
        for topic in Topic.all {
            for partition in 0..<configuration.partitions {
                try await trim(PartitionKey(topic: topic, partition: partition))
            }
        }
        try await store.removeIdleOwners()
    }

    private func trim(_ key: PartitionKey) async throws(StoreError) {
        var deleted = Self.chunk
        while deleted >= Self.chunk {
            let retention = configuration.retention
            let now = configuration.clock.now()
            do throws(SQLiteFailure) {
                deleted = try await committer.commit { session in
                    key.topic.isPublic
                        ? try session.trimKept(key, retention, now: now, limit: Self.chunk)
                        : try session.trimDone(key, limit: Self.chunk)
                }
            } catch {
                throw error.storeError
            }
        }
    }
}

extension WriteSession {
    /// Deletes records below the lowest offset of all groups that the topic has ever had; none while it had none.
    fileprivate func trimDone(_ key: PartitionKey, limit: Int) throws -> Int {
        try log.writeOffsets(database)
        let lowest = try statement(
            "SELECT min(next_offset) FROM log_group_offsets WHERE topic = ? AND part = ?")
        lowest.bind(1, key.topic.rawValue)
        lowest.bind(2, key.partition)
        guard let floor = try lowest.first({ $0.isNull(0) ? nil : $0.integer(0) }) ?? nil else { return 0 }
        return try log.trim(key, where: "base < ?1 AND base + count <= ?1", floor, limit: limit, database)
    }

    fileprivate func trimKept(
        _ key: PartitionKey, _ retention: SQLiteBackend.Retention, now: Timestamp, limit: Int
    ) throws -> Int {
        let moment = (now - retention.age).milliseconds
        let old = try log.trim(key, where: "at < ?1", moment, limit: limit, database)
        guard old < limit, let bytes = retention.bytes, let end = log.end(of: key) else { return old }
        return try old + log.trim(key, where: "total <= ?1", end.bytes - Int64(bytes), limit: limit - old, database)
    }
}
