public import ChannelSDK

/// The durable log: topics, each in partitions, each partition an ordered stream of records by offset.
///
/// Records with the same key go to the same partition, and all keyed topics have equally many partitions and the same
/// assignment of keys to them. Embedded: SQLite; at scale: Kafka.
public protocol EventLog: Sendable {
    /// Returns when every record is durable, and not before. Takes values of ``RecordBatch/mostValueBytes`` at least.
    /// - Throws: ``LogError`` when that is not certain: some of the records may be in the log all the same. On
    ///   ``Topic/statusChange`` none of them is without those of the same key before it.
    func append(_ batch: RecordBatch, to topic: Topic) async throws(LogError)

    func partition(of key: NotificationID, in topic: Topic) -> Int

    func partitionCount(of topic: Topic) async throws(LogError) -> Int

    /// The offset that the partition's next record will have, as of some moment after the call began.
    func endOffset(of topic: Topic, partition: Int) async throws(LogError) -> Int64

    /// As ``endOffset(of:partition:)``, of every partition in their order.
    func endOffsets(of topic: Topic) async throws(LogError) -> [Int64]

    /// Joins `group`, whose members share the topic's partitions: each partition has one owner at a time.
    func subscribe(to topic: Topic, group: String) async throws(LogError) -> any LogSubscription

    /// Records after `cursor`, oldest first, without a group; waits up to `wait` when there are none yet.
    /// - Parameter cursor: nil: from the end.
    func read(_ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration) async throws(LogError) -> LogPage

    /// After the store was restored, and the stages' groups were set back to where it stood: how many of the records that
    /// the log had at the restore `stage` has yet to work once more. A log that is restored with its store has none.
    func replayLeft(for stage: Stage, restoredAt moment: Timestamp) async throws(LogError) -> Int64
}

extension EventLog {
    public func replayLeft(for stage: Stage, restoredAt moment: Timestamp) async throws(LogError) -> Int64 { 0 }

    public func endOffsets(of topic: Topic) async throws(LogError) -> [Int64] {
        var ends: [Int64] = []
        for partition in 0..<(try await partitionCount(of: topic)) {
            ends.append(try await endOffset(of: topic, partition: partition))
        }
        return ends
    }
}

public enum LogError: Error, Sendable, Hashable {
    /// Not reachable, full, or closing: try again later.
    case unavailable(String)
    /// It will never take a record so large as one of the batch: the same again is in vain.
    case tooLarge(String)
    /// The records a cursor points at are gone: too old.
    case cursorTooOld
    case badCursor
    /// This member no longer owns the partition.
    case notOwner
}

public struct LogRecord: Sendable, Hashable {
    public let offset: Int64
    public let key: NotificationID?
    public let headers: [RecordBatch.Header]
    public let value: ArraySlice<UInt8>

    public init(offset: Int64, key: NotificationID?, headers: [RecordBatch.Header], value: ArraySlice<UInt8>) {
        self.offset = offset
        self.key = key
        self.headers = headers
        self.value = value
    }
}

/// One member's share of a group's work. ``next(limit:)`` is used by one task at a time, the rest by any.
///
/// Who is told that partitions are revoked may still commit what is done, until the next call of ``next(limit:)``; it
/// should not wait long with that, for the whole group waits.
public protocol LogSubscription: Sendable {
    /// The next thing to do; waits for it. Records come in order within a partition, beginning at the group's
    /// committed offset, at most `limit` at a time. Nil once closed.
    func next(limit: Int) async throws(LogError) -> SubscriptionEvent?

    /// Records below `offset` are done: after a restart the group begins there. May be remembered lazily: a crash can
    /// bring back records that were committed.
    func commit(partition: Int, offset: Int64) async throws(LogError)

    /// As ``commit(partition:offset:)``, and returns only when the log has agreed that the partition is this member's: a
    /// member that was frozen learns so that it no longer is.
    func confirm(partition: Int, offset: Int64) async throws(LogError)

    /// From now on ``next(limit:)`` gives no records of the partition, until ``resume(partition:)`` or until the
    /// partition is assigned anew: whoever is busy with it holds up no other.
    func hold(partition: Int)

    /// Ends ``hold(partition:)``; a waiting ``next(limit:)`` looks again.
    func resume(partition: Int)

    /// Leaves the group; a waiting ``next(limit:)`` returns nil.
    func close() async
}

public enum SubscriptionEvent: Sendable {
    case assigned(partition: Int)
    /// All that are to be given back at this time, as far as the log knows of them at once.
    case revoked(partitions: [Int])
    case records(partition: Int, [LogRecord])
}

/// A place in a topic, over all its partitions; opaque, printable, and safe to hand out as an event id.
public struct LogCursor: Sendable, Hashable, CustomStringConvertible {
    public let text: String

    public init(_ text: String) { self.text = text }

    public var description: String { text }
}

public struct LogPage: Sendable {
    public struct Item: Sendable {
        /// Reading after this cursor continues behind this record.
        public let cursor: LogCursor
        public let record: LogRecord

        public init(cursor: LogCursor, record: LogRecord) {
            self.cursor = cursor
            self.record = record
        }
    }

    public let items: [Item]
    /// Where to read on, also when `items` is empty.
    public let next: LogCursor

    public init(items: [Item], next: LogCursor) {
        self.items = items
        self.next = next
    }
}
