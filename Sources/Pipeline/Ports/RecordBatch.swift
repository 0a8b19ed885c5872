public import ChannelSDK

/// Records to append, side by side in one buffer, so that a thousand of them cost no more allocations than one.
public struct RecordBatch: Sendable, Hashable {
    public struct Header: Sendable, Hashable {
        public let name: String
        public let value: String

        public init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }

    public struct Entry: Sendable, Hashable {
        /// Chooses the partition; nil: any.
        public let key: NotificationID?
        /// Only public topics have headers: the attributes of a CloudEvent.
        public let headers: [Header]
        /// The value's place in ``RecordBatch/bytes``.
        public let range: Range<Int>
    }

    /// Every log takes values of so many bytes.
    public static let mostValueBytes = 7 << 20

    public private(set) var bytes: [UInt8] = []
    public private(set) var entries: [Entry] = []

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }
    public var count: Int { entries.count }

    public mutating func reserve(records: Int, bytes: Int) {
        entries.reserveCapacity(entries.count + records)
        self.bytes.reserveCapacity(self.bytes.count + bytes)
    }

    /// Adds one record, whose value `write` appends to the buffer.
    public mutating func append(
        key: NotificationID?, headers: [Header] = [], write: (inout [UInt8]) -> Void
    ) {
        let start = bytes.count
        write(&bytes)
        entries.append(Entry(key: key, headers: headers, range: start..<bytes.count))
    }

    /// The same records in batches that have each key at most once: of two with one key, the earlier is in an earlier
    /// batch. One batch, unless a key is there twice.
    public func oneForEachKey() -> [RecordBatch] {
        var counts: [NotificationID: Int] = [:]
        counts.reserveCapacity(entries.count)
        var rounds: [[Entry]] = []
        for entry in entries {
            var round = 0
            if let key = entry.key {
                round = counts[key, default: 0]
                counts[key] = round + 1
            }
            if round == rounds.count { rounds.append([]) }
            rounds[round].append(entry)
        }
        guard rounds.count > 1 else { return [self] }
        return rounds.map { entries in
            var batch = self
            batch.entries = entries
            return batch
        }
    }

    public mutating func append(contentsOf other: RecordBatch) {
        let shift = bytes.count
        bytes += other.bytes
        entries += other.entries.map {
            Entry(key: $0.key, headers: $0.headers, range: $0.range.lowerBound + shift..<$0.range.upperBound + shift)
        }
    }
}
