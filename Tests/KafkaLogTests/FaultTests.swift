import ChannelSDK
import Logging
import Pipeline
import Testing

@testable import KafkaLog

/// A cluster that fails, and what becomes of what it was given.
@Suite(.timeLimit(.minutes(10)))
struct FaultTests {
    private static func batch(_ numbers: Range<Int>) -> RecordBatch {
        var batch = RecordBatch()
        for number in numbers {
            batch.append(key: NotificationID(high: 1, low: UInt64(number))) { $0 += Array("record \(number)".utf8) }
        }
        return batch
    }

    /// The values that `group` is given until `count` different ones have come.
    private static func values(_ log: KafkaLog, count: Int) async throws -> [String] {
        let subscription = try await log.subscribe(to: .deliveryReport, group: "readers")
        var values: [String] = []
        while Set(values).count < count, let event = try await subscription.next(limit: 100) {
            try Task.checkCancellation()
            if case .records(_, let records) = event {
                values += records.map { String(decoding: $0.value, as: UTF8.self) }
            }
        }
        await subscription.close()
        return values
    }

    @Test func whileNoBrokerIsThereAppendsFailAndAfterwardsTheySucceed() async throws {
        let cluster = try PrivateCluster(deliveryTimeout: .seconds(2))
        let log = try await cluster.open()
        try await log.append(Self.batch(0..<10), to: .deliveryReport)
        for broker in 1...3 { try cluster.tell("down \(broker)") }
        await #expect(throws: LogError.self) { try await log.append(Self.batch(10..<20), to: .deliveryReport) }
        await #expect(throws: LogError.self) { _ = try await log.endOffset(of: .deliveryReport, partition: 0) }
        for broker in 1...3 { try cluster.tell("up \(broker)") }
        var isBack = false
        while !isBack {
            try Task.checkCancellation()
            isBack = (try? await log.append(Self.batch(20..<30), to: .deliveryReport)) != nil
        }
        let values = Set(try await Self.values(log, count: 20))
        // What was acknowledged is there; what was not, may be.
        #expect(values.isSuperset(of: ((0..<10).map { $0 } + (20..<30).map { $0 }).map { "record \($0)" }))
        await log.close()
    }

    @Test func aMovedLeaderLosesNothing() async throws {
        let cluster = try PrivateCluster()
        let log = try await cluster.open()
        for round in 0..<6 {
            for partition in 0..<4 { try cluster.tell("leader delivery.report \(partition) \(round % 3 + 1)") }
            try await log.append(Self.batch(round * 50..<round * 50 + 50), to: .deliveryReport)
        }
        let values = try await Self.values(log, count: 300)
        #expect(Set(values) == Set((0..<300).map { "record \($0)" }))
        await log.close()
    }

    @Test func moreThanTheQueueTakesIsRefusedAndNotWaitedFor() async throws {
        let cluster = try PrivateCluster(deliveryTimeout: .seconds(2))
        let log = try await cluster.open()
        for broker in 1...3 { try cluster.tell("down \(broker)") }
        // The first fills the queue while the brokers are away; the second finds no room.
        let first = Task { try await log.append(Self.batch(0..<500_000), to: .deliveryReport) }
        await #expect(throws: LogError.self) { try await log.append(Self.batch(0..<500_000), to: .deliveryReport) }
        await #expect(throws: LogError.self) { try await first.value }
        await log.close()
    }

    /// A member that does not come back for long holds up the group no longer than it may.
    @Test func aRevocationHasALimit() async throws {
        let cluster = try PrivateCluster()
        var configuration = cluster.configuration
        configuration.revocationTimeout = .milliseconds(200)
        let log = try await KafkaLog.open(configuration, logger: .init(label: "test"))
        let first = try await log.subscribe(to: .deliveryReport, group: "applier")
        var owned = 0
        while owned < 4, let event = try await first.next(limit: 1) {
            try Task.checkCancellation()
            if case .assigned = event { owned += 1 }
        }
        // It never calls next() again, and the second one gets its share all the same.
        let second = try await log.subscribe(to: .deliveryReport, group: "applier")
        let event = try await second.next(limit: 1)
        guard case .assigned(let partition) = event else {
            Issue.record("\(String(describing: event))")
            return
        }
        await #expect(throws: LogError.notOwner) { try await first.commit(partition: partition, offset: 1) }
        await log.close()
    }

    /// A member whose session is over learns so before it begins an epoch.
    @Test func whoWasGivenUpIsToldSo() async throws {
        let cluster = try PrivateCluster()
        let (log, heir) = (try await cluster.open(), try await cluster.open())
        try await log.append(Self.batch(0..<40), to: .deliveryReport)
        let first = try await log.subscribe(to: .deliveryReport, group: "applier")
        var partition = -1
        while partition < 0, let event = try await first.next(limit: 10) {
            try Task.checkCancellation()
            if case .records(let from, _) = event { partition = from }
        }
        try await first.confirm(partition: partition, offset: 1)
        let second = try await heir.subscribe(to: .deliveryReport, group: "applier")
        _ = try await second.next(limit: 10)
        let owner = try #require(first as? GroupMember)
        // What the heir has by now may be confirmed by one of them only.
        var owners = 0
        for member in [owner, try #require(second as? GroupMember)] {
            do {
                try await member.confirm(partition: partition, offset: 1)
                owners += 1
            } catch LogError.notOwner {
                continue
            }
        }
        #expect(owners <= 1)
        await log.close()
        await heir.close()
    }
}
