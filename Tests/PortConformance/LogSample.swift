import ChannelSDK
import Pipeline

/// A record to append, and to compare with what comes back.
struct LogSample: Hashable, Sendable {
    let key: NotificationID?
    let headers: [RecordBatch.Header]
    let value: [UInt8]

    init(key: NotificationID?, headers: [RecordBatch.Header] = [], value: [UInt8]) {
        self.key = key
        self.headers = headers
        self.value = value
    }

    init(_ number: Int) {
        self.init(key: .numbered(number), value: Array("record \(number)".utf8))
    }

    init(_ record: LogRecord) {
        self.init(key: record.key, headers: record.headers, value: Array(record.value))
    }
}

extension Collection<LogSample> {
    var batch: RecordBatch {
        var batch = RecordBatch()
        for sample in self {
            batch.append(key: sample.key, headers: sample.headers) { $0 += sample.value }
        }
        return batch
    }
}

extension NotificationID {
    /// Ids far apart, the same for the same number.
    static func numbered(_ number: Int) -> NotificationID {
        var mixed = UInt64(truncatingIfNeeded: number) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 29
        return NotificationID(high: mixed, low: (mixed &* 0xBF58_476D_1CE4_E5B9) ^ UInt64(truncatingIfNeeded: number))
    }
}

extension EventLog {
    func ends(of topic: Topic) async throws -> [Int64] {
        var ends: [Int64] = []
        for partition in 0..<(try await partitionCount(of: topic)) {
            ends.append(try await endOffset(of: topic, partition: partition))
        }
        return ends
    }

    /// The first `count` records that `group` is given and `isWanted`.
    func drain(
        _ topic: Topic, group: String, count: Int, limit: Int = 1000, commits: Bool = false,
        where isWanted: (LogRecord) -> Bool = { _ in true }
    ) async throws -> [LogRecord] {
        let subscription = try await subscribe(to: topic, group: group)
        let received = try await subscription.records(count, limit: limit, commits: commits, where: isWanted)
        await subscription.close()
        return received.map(\.record)
    }

    func drainByPartition(_ topic: Topic, group: String, count: Int) async throws -> [Int: [LogRecord]] {
        let subscription = try await subscribe(to: topic, group: group)
        let received = try await subscription.records(count)
        await subscription.close()
        return Dictionary(grouping: received, by: \.partition).mapValues { $0.map(\.record) }
    }
}

extension LogSubscription {
    /// Reads until `count` records have come that `isWanted`.
    func records(
        _ count: Int, limit: Int = 1000, commits: Bool = false, where isWanted: (LogRecord) -> Bool = { _ in true }
    ) async throws -> [(partition: Int, record: LogRecord)] {
        var received: [(partition: Int, record: LogRecord)] = []
        while received.count < count, let event = try await next(limit: limit) {
            guard case .records(let partition, let records) = event else { continue }
            received += records.filter(isWanted).map { (partition, $0) }
            if commits, let last = records.last { try await commit(partition: partition, offset: last.offset + 1) }
        }
        return received
    }

    /// Waits until so many partitions are assigned.
    func ownership(of count: Int) async throws -> Set<Int> {
        var owned: Set<Int> = []
        while owned.count < count, let event = try await next(limit: 1) {
            switch event {
            case .assigned(let partition): owned.insert(partition)
            case .revoked(let partitions): owned.subtract(partitions)
            case .records: break
            }
        }
        return owned
    }
}
