import ChannelSDK
import Pipeline
import Testing

@testable import KafkaLog

/// How much of the log a stage has yet to work once more, after its group was set back.
@Suite(.timeLimit(.minutes(10)))
struct ReplayTests {
    private static func batch(_ count: Int) -> RecordBatch {
        var batch = RecordBatch()
        for number in 0..<count {
            batch.append(key: NotificationID(high: 1, low: UInt64(number))) { $0 += Array("record \(number)".utf8) }
        }
        return batch
    }

    /// Works `count` records and commits them.
    private static func work(_ count: Int, _ stage: Stage, _ topic: Topic, _ log: KafkaLog) async throws {
        let subscription = try await log.subscribe(to: topic, group: stage.rawValue)
        var worked = 0
        while worked < count, let event = try await subscription.next(limit: count - worked) {
            try Task.checkCancellation()
            if case .records(let partition, let records) = event, let last = records.last {
                worked += records.count
                try await subscription.confirm(partition: partition, offset: last.offset + 1)
            }
        }
        await subscription.close()
    }

    @Test(arguments: [
        (Stage.projector, Topic.notificationRequested), (.correlator, .webhookReceived), (.applier, .deliveryReport),
    ])
    func countsWhatWasThereAndIsNotWorked(_ stage: Stage, _ topic: Topic) async throws {
        let log = try await TestCluster().open()
        let afterwards = Timestamp.distantFuture
        #expect(try await log.replayLeft(for: stage, restoredAt: afterwards) == 0)
        try await log.append(Self.batch(60), to: topic)
        #expect(try await log.replayLeft(for: stage, restoredAt: afterwards) == 60)
        try await Self.work(60, stage, topic, log)
        #expect(try await log.replayLeft(for: stage, restoredAt: afterwards) == 0)
        for other in Stage.allCases where other != stage {
            #expect(try await log.replayLeft(for: other, restoredAt: afterwards) == 0)
        }
        await log.close()
    }
}
