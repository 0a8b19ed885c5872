import Pipeline
import Synchronization

/// A partition of a topic.
struct PartitionKey: Sendable, Hashable {
    let topic: Topic
    let partition: Int

    /// The table with the partition's blocks, quoted.
    var table: String { "\"log:\(topic.rawValue.split(separator: "\"").joined()):\(partition)\"" }
}

/// Where each partition begins and ends, as far as it is durable, and its youngest blocks: whoever keeps up with the log
/// never asks the file.
final class LogIndex: Sendable {
    struct Extent: Sendable {
        /// The oldest record that is still there.
        var first: Int64 = 0
        /// The offset that the next record will have.
        var end: Int64 = 0
    }

    private struct Entry {
        var extent = Extent()
        var recent = RecentBlocks()
    }

    private struct State {
        var entries: [PartitionKey: Entry] = [:]
        var signals: [Topic: LogSignal] = [:]
    }

    private let state: Mutex<State>

    init(_ extents: [PartitionKey: Extent]) {
        state = Mutex(State(entries: extents.mapValues { Entry(extent: $0) }))
    }

    func extent(of key: PartitionKey) -> Extent { state.withLock { $0.entries[key]?.extent ?? Extent() } }

    func signal(of topic: Topic) -> LogSignal {
        state.withLock { state in
            if let signal = state.signals[topic] { return signal }
            let signal = LogSignal()
            state.signals[topic] = signal
            return signal
        }
    }

    /// The recent blocks from the one that holds `offset` on, with about `limit` records; nil when `offset` is older.
    func recentBlocks(of key: PartitionKey, from offset: Int64, limit: Int) -> [LogBlock]? {
        state.withLock { $0.entries[key]?.recent.blocks(from: offset, limit: limit) }
    }

    /// Makes blocks known that are durable by now, and wakes those who wait for them.
    func publish(_ blocks: [(key: PartitionKey, block: LogBlock)], trimmed: [(key: PartitionKey, first: Int64)]) {
        let signals = state.withLock { state -> [LogSignal] in
            for (key, block) in blocks {
                state.entries[key, default: Entry()].recent.append(block)
                state.entries[key]!.extent.end = block.end
            }
            for (key, first) in trimmed {
                state.entries[key, default: Entry()].extent.first = first
                state.entries[key]!.recent.drop(before: first)
            }
            return Set(blocks.map(\.key.topic)).compactMap { state.signals[$0] }
        }
        for signal in signals { signal.raise() }
    }

    func wakeAll() {
        for signal in state.withLock({ Array($0.signals.values) }) { signal.raise() }
    }
}

/// The youngest blocks of a partition, up to a bound on their bytes.
private struct RecentBlocks {
    private static let bound = 8 << 20

    private var blocks: [LogBlock] = []
    /// Blocks before it have been given up.
    private var head = 0
    private var bytes = 0

    mutating func append(_ block: LogBlock) {
        blocks.append(block)
        bytes += block.bytes.count
        while bytes > Self.bound, head < blocks.count - 1 { giveUpOldest() }
        compact()
    }

    /// Gives up the blocks without a record from `first` on: the file has them no more, and nobody asks for them.
    mutating func drop(before first: Int64) {
        while head < blocks.count, blocks[head].end <= first { giveUpOldest() }
        compact()
    }

    private mutating func giveUpOldest() {
        bytes -= blocks[head].bytes.count
        blocks[head] = LogBlock(base: 0, count: 0, bytes: [])
        head += 1
    }

    private mutating func compact() {
        guard head == blocks.count || head > 64 && head > blocks.count / 2 else { return }
        blocks.removeFirst(head)
        head = 0
    }

    func blocks(from offset: Int64, limit: Int) -> [LogBlock]? {
        guard head < blocks.count, blocks[head].base <= offset else { return nil }
        var low = head
        var high = blocks.count - 1
        while low < high {
            let middle = (low + high + 1) / 2
            if blocks[middle].base <= offset { low = middle } else { high = middle - 1 }
        }
        var found: [LogBlock] = []
        var records = 0
        var index = low
        while index < blocks.count, records < limit {
            found.append(blocks[index])
            records += Int(blocks[index].end - max(offset, blocks[index].base))
            index += 1
        }
        return found
    }
}
