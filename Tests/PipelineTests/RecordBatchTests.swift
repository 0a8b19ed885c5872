import ChannelSDK
import Testing

@testable import Pipeline

@Suite struct RecordBatchTests {
    private static func id(_ number: Int) -> NotificationID { NotificationID(high: 1, low: UInt64(number)) }

    private static func batch(_ keys: [Int?]) -> RecordBatch {
        var batch = RecordBatch()
        for (place, key) in keys.enumerated() {
            batch.append(key: key.map(id), headers: [.init("place", "\(place)")]) { $0 += Array("value \(place)".utf8) }
        }
        return batch
    }

    private static func texts(_ batch: RecordBatch) -> [String] {
        batch.entries.map { String(decoding: batch.bytes[$0.range], as: UTF8.self) }
    }

    private static let tables: [(keys: [Int?], rounds: [[Int]])] = [
        ([], [[]]), ([1, 2, 3], [[0, 1, 2]]), ([nil, nil, 1], [[0, 1, 2]]), ([1, 1], [[0], [1]]),
        ([1, 2, 1, 3, 1, 2, nil], [[0, 1, 3, 6], [2, 5], [4]]),
    ]

    @Test(arguments: tables)
    func aKeyIsOncePerRound(_ keys: [Int?], _ rounds: [[Int]]) {
        let found = Self.batch(keys).oneForEachKey()
        #expect(found.map(Self.texts) == rounds.map { $0.map { "value \($0)" } })
    }

    /// Whatever is appended, round after round, is in the order of each key.
    @Test(arguments: [1, 2, 3, 4, 5] as [UInt64])
    func everyKeyKeepsItsOrder(seed: UInt64) {
        var state = seed
        let keys = (0..<500).map { _ -> Int? in
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let number = Int(state >> 33) % 60
            return number == 0 ? nil : number
        }
        let whole = Self.batch(keys)
        let rounds = whole.oneForEachKey()
        for round in rounds {
            let present = round.entries.compactMap(\.key)
            #expect(Set(present).count == present.count, "seed \(seed)")
        }
        let appended = rounds.flatMap { round in zip(round.entries.map(\.key), Self.texts(round)) }
        #expect(appended.count == keys.count)
        for number in Set(keys) {
            let key = number.map(Self.id)
            let before = zip(whole.entries, Self.texts(whole)).filter { $0.0.key == key }.map(\.1)
            #expect(appended.filter { $0.0 == key }.map(\.1) == before, "seed \(seed)")
        }
    }
}
