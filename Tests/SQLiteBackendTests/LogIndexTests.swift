import Pipeline
import PortConformance
import Testing

@testable import SQLiteBackend

/// What the index keeps of the log in memory.
@Suite(.timeLimit(.minutes(10)))
struct LogIndexTests {
    private let key = PartitionKey(topic: .deliveryReport, partition: 0)

    /// Blocks of ten records each.
    private func index(blocks: Int) -> LogIndex {
        let index = LogIndex([:])
        for number in 0..<blocks {
            let block = LogBlock(base: Int64(number * 10), count: 10, bytes: [1, UInt8(number % 256)])
            index.publish([(key, block)], trimmed: [])
        }
        return index
    }

    @Test(
        arguments: [
            // Trimmed to, then the offsets that memory no longer has, and the first that it has.
            (0, nil, 0), (9, nil, 0), (10, 9, 10), (15, 9, 10), (990, 989, 990), (995, 989, 990),
        ] as [(Int64, Int64?, Int64)])
    func `what is trimmed is given up`(_ first: Int64, _ gone: Int64?, _ kept: Int64) throws {
        let index = index(blocks: 100)
        index.publish([], trimmed: [(key, first)])
        #expect(index.extent(of: key).first == first)
        if let gone { #expect(index.recentBlocks(of: key, from: gone, limit: 1) == nil) }
        let blocks = try #require(index.recentBlocks(of: key, from: kept, limit: 2000))
        let bases: [Int64] = blocks.map(\.base)
        let expected: [Int64] = Array(stride(from: kept / 10 * 10, to: 1000, by: 10))
        #expect(bases == expected)
    }

    @Test func `a log of which nothing is left goes on`() throws {
        let index = index(blocks: 3)
        index.publish([], trimmed: [(key, 30)])
        #expect(index.recentBlocks(of: key, from: 0, limit: 1) == nil)
        #expect(index.recentBlocks(of: key, from: 29, limit: 1) == nil)
        index.publish([(key, LogBlock(base: 30, count: 2, bytes: [1, 2]))], trimmed: [])
        #expect(try #require(index.recentBlocks(of: key, from: 31, limit: 5)).map(\.base) == [30])
        #expect(index.extent(of: key).end == 32)
    }

    /// The whole way: what every group has done leaves the file, and with it the memory.
    @Test func `maintenance frees what is done`() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open { $0.partitions = 1 }
        for number in 0..<20 {
            try await backend.log.append(PowerLossLoad.batch(number * 10..<number * 10 + 10), to: .deliveryReport)
        }
        let subscription = try await backend.log.subscribe(to: .deliveryReport, group: "readers")
        var read = 0
        while read < 200 {
            guard case .records(_, let records) = try await subscription.next(limit: 50) else { continue }
            read += records.count
            try await subscription.commit(partition: 0, offset: (records.last?.offset ?? 0) + 1)
        }
        let index = backend.log.index
        #expect(index.recentBlocks(of: key, from: 0, limit: 1) != nil)
        try await backend.maintain()
        let first = index.extent(of: key).first
        #expect(first > 0)
        #expect(index.recentBlocks(of: key, from: first - 1, limit: 1) == nil)
        #expect(index.recentBlocks(of: key, from: first, limit: 1) != nil)
        await database.close()
    }
}
