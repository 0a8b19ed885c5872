public import ChannelSDK
import GRDB
public import Pipeline

/// The embedded log: blocks of records in the tables of one SQLite file.
public struct SQLiteEventLog: EventLog {
    let partitions: Int
    let committer: GroupCommitter
    let reader: LogReader
    let index: LogIndex
    let groups: ConsumerGroups
    let isClosed: ClosedFlag

    public func append(_ batch: RecordBatch, to topic: Topic) async throws(LogError) {
        guard !batch.isEmpty else { return }
        let encoded = EncodedBatch(batch, to: topic, partitions: partitions)
        do throws(SQLiteFailure) {
            try await committer.commit(bytes: encoded.byteCount) { try $0.append(encoded) }
        } catch {
            throw error.logError
        }
    }

    public func partition(of key: NotificationID, in topic: Topic) -> Int {
        EncodedBatch.partition(of: key, partitions)
    }

    public func partitionCount(of topic: Topic) async throws(LogError) -> Int { partitions }

    public func endOffset(of topic: Topic, partition: Int) async throws(LogError) -> Int64 {
        index.extent(of: PartitionKey(topic: topic, partition: partition)).end
    }

    public func subscribe(to topic: Topic, group: String) async throws(LogError) -> any LogSubscription {
        let key = ConsumerGroups.GroupKey(topic: topic, name: group)
        let member = groups.join(key)
        index.signal(of: topic).raise()
        return SQLiteSubscription(log: self, group: key, member: member)
    }

    public func read(
        _ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration
    ) async throws(LogError) -> LogPage {
        let ends = extents(of: topic).map(\.end)
        let start = try cursor.map { (cursor) throws(LogError) in try CursorPositions(cursor, partitions: partitions) }
        let positions = start ?? CursorPositions(ends)
        let signal = index.signal(of: topic)
        let deadline = ContinuousClock.now + wait
        while true {
            let generation = signal.generation
            let page = try await page(of: topic, from: positions, limit: max(limit, 1))
            let rest = deadline - .now
            if !page.items.isEmpty || rest <= .zero || Task.isCancelled { return page }
            if isClosed.isSet { throw .unavailable("the log is closed") }
            await signal.wait(past: generation, upTo: rest)
        }
    }

    private func extents(of topic: Topic) -> [LogIndex.Extent] {
        (0..<partitions).map { index.extent(of: PartitionKey(topic: topic, partition: $0)) }
    }

    private func page(
        of topic: Topic, from start: CursorPositions, limit: Int
    ) async throws(LogError) -> LogPage {
        var positions = start
        var items: [LogPage.Item] = []
        for (partition, extent) in extents(of: topic).enumerated() {
            let offset = positions[partition]
            guard offset <= extent.end else { throw .badCursor }
            guard offset >= extent.first else { throw .cursorTooOld }
            guard offset < extent.end, items.count < limit else { continue }
            let key = PartitionKey(topic: topic, partition: partition)
            let records = try await reader.records(of: key, from: offset, limit: limit - items.count)
            // What was trimmed while it was looked up is gone, not skipped.
            if let first = records.first, first.offset > offset { throw .cursorTooOld }
            for record in records {
                positions[partition] = record.offset + 1
                items.append(.init(cursor: positions.cursor, record: record))
            }
        }
        return LogPage(items: items, next: positions.cursor)
    }
}

/// The offset to read next of each partition. Written `12` for one partition, `0:12,1:9` for several.
struct CursorPositions {
    private var offsets: [Int64]

    init(_ offsets: [Int64]) { self.offsets = offsets }

    init(_ cursor: LogCursor, partitions: Int) throws(LogError) {
        var parts = cursor.text.split(separator: ",", omittingEmptySubsequences: false)
        guard parts.count == partitions else { throw .badCursor }
        if partitions > 1 {
            for partition in parts.indices {
                guard parts[partition].hasPrefix("\(partition):") else { throw .badCursor }
                parts[partition].removeFirst("\(partition):".count)
            }
        }
        offsets = []
        for part in parts {
            guard let offset = Int64(part), offset >= 0, part.utf8.first.map({ $0 != UInt8(ascii: "+") }) == true else {
                throw .badCursor
            }
            offsets.append(offset)
        }
    }

    subscript(partition: Int) -> Int64 {
        get { offsets[partition] }
        set { offsets[partition] = newValue }
    }

    var cursor: LogCursor {
        if offsets.count == 1 { return LogCursor("\(offsets[0])") }
        return LogCursor(offsets.enumerated().map { "\($0.offset):\($0.element)" }.joined(separator: ","))
    }
}
