import Pipeline

/// The youngest records of a topic, as they arrived from all its partitions, for everybody who reads near the end.
struct TailWindow {
    private struct Item {
        let partition: Int
        let record: LogRecord
    }

    /// By partition: the window holds every record from `starts` on, and below `ends`.
    private(set) var starts: [Int64]
    private(set) var ends: [Int64]
    private var items: [Item?] = []
    /// Items before it are gone.
    private var head = 0
    private var bytes = 0
    private let limit: Int

    /// - Parameter limit: bytes of records, each with an allowance for what surrounds it.
    init(from ends: [Int64], limit: Int) {
        starts = ends
        self.ends = ends
        self.limit = limit
    }

    mutating func append(_ record: LogRecord, partition: Int) {
        // A producer's retry that was stored twice has an offset of its own; librdkafka itself never steps back.
        guard record.offset >= ends[partition] else { return }
        items.append(Item(partition: partition, record: record))
        ends[partition] = record.offset + 1
        bytes += Self.cost(record)
        while bytes > limit, head < items.count - 1 { dropFirst() }
        if head > 1024, head > items.count / 2 {
            items.removeFirst(head)
            head = 0
        }
    }

    private mutating func dropFirst() {
        if let item = items[head] {
            starts[item.partition] = item.record.offset + 1
            bytes -= Self.cost(item.record)
        }
        items[head] = nil
        head += 1
    }

    private static func cost(_ record: LogRecord) -> Int { record.value.count + 256 * (record.headers.count + 1) }

    /// False when some record behind `positions` is no longer here.
    func covers(_ positions: CursorPositions) -> Bool {
        starts.indices.allSatisfy { positions[$0] >= starts[$0] }
    }

    /// The next records behind `positions`, which the window ``covers(_:)``.
    func page(after positions: CursorPositions, limit: Int) -> LogPage {
        // What one has not seen is mostly at the end: go back only as far as there can be any.
        var unseen = ends.indices.reduce(0) { $0 + max(0, ends[$1] - positions[$1]) }
        var indices: [Int] = []
        var index = items.count
        while unseen > 0, index > head {
            index -= 1
            guard let item = items[index], item.record.offset >= positions[item.partition] else { continue }
            indices.append(index)
            unseen -= 1
        }
        var positions = positions
        var page: [LogPage.Item] = []
        for case let item? in indices.reversed().prefix(limit).map({ items[$0] }) {
            positions[item.partition] = item.record.offset + 1
            page.append(LogPage.Item(cursor: positions.cursor, record: item.record))
        }
        return LogPage(items: page, next: positions.cursor)
    }
}
