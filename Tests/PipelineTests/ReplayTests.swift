import ChannelSDK
import Pipeline
import Synchronization
import Testing

/// After a restore beside a log that is newer than the store: what the log has yet to say comes before what is sent.
@Suite(.timeLimit(.minutes(10)))
struct ReplayTests {
    private static let ann = "+15551230001"
    private static let bob = "+15551230002"
    private static let eve = "+15551230003"
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)
    /// Before all that these tests send, so that none of it is held for its due time.
    private static let restoration = Restoration(
        at: start - .seconds(60), backupAt: start - .seconds(3600), resends: false)

    @Test func nothingIsSentUntilTheLogIsWorkedAgain() async throws {
        let replay = ReplayState(left: 3)
        try await OptOutWorld.run(restoration: Self.restoration, wrap: { NewerLog($0, replay) }) {
            (world) async throws in
            let (toAnn, toBob) = (try await world.send(Self.ann), try await world.send(Self.bob))
            for id in [toAnn, toBob] { _ = try await world.deliveries(of: id) { !$0.isEmpty } }
            try await replay.untilAsked(by: 2)
            #expect(world.provider.sent.isEmpty)
            try await world.write(.optOut, from: Self.ann)
            try await world.untilOptedOut(Self.ann)
            var cancel = RecordBatch()
            DeliveryReport(
                delivery: DeliveryID(notification: toBob, ordinal: 1), at: world.clock.now(),
                event: .cancelRequest(account: nil)
            ).append(to: &cancel)
            try await world.pipeline.log.append(cancel, to: .deliveryReport)
            _ = try await world.deliveries(of: toBob) { $0.last?.status == .canceled }
            replay.end()
            let ended = try await world.deliveries(of: toAnn) { $0.last?.settlement == .settled }
            #expect(ended.map(\.status) == [.rejected])
            _ = try await world.deliveries(of: try await world.send(Self.eve)) { $0.last?.status == "queued" }
            #expect(world.provider.sent == ["sms-a \(Self.eve)"])
        }
    }

    @Test func aHostThatWaitsStops() async throws {
        let replay = ReplayState(left: 1)
        try await OptOutWorld.run(restoration: Self.restoration, wrap: { NewerLog($0, replay) }) {
            (world) async throws in
            _ = try await world.deliveries(of: try await world.send(Self.ann)) { !$0.isEmpty }
            try await replay.untilAsked(by: 1)
        }
        #expect(replay.wasAsked)
    }

    @Test func whoCanNotTellWaits() async throws {
        let replay = ReplayState(left: nil)
        try await OptOutWorld.run(restoration: Self.restoration, wrap: { NewerLog($0, replay) }) {
            (world) async throws in
            let id = try await world.send(Self.ann)
            _ = try await world.deliveries(of: id) { !$0.isEmpty }
            try await replay.untilAsked(by: 2)
            #expect(world.provider.sent.isEmpty)
            replay.end()
            _ = try await world.deliveries(of: id) { $0.last?.status == "queued" }
        }
    }

    @Test func aStoreThatWasNeverRestoredAsksNothing() async throws {
        let replay = ReplayState(left: 1)
        try await OptOutWorld.run(wrap: { NewerLog($0, replay) }) { (world) async throws in
            _ = try await world.deliveries(of: try await world.send(Self.ann)) { $0.last?.status == "queued" }
        }
        #expect(!replay.wasAsked)
    }
}

/// What a log says of its replay: the same of each stage.
private final class ReplayState: Sendable {
    private let state: Mutex<(left: Int64?, asked: [Stage: Int])>

    /// - Parameter left: nil: it can't be told.
    init(left: Int64?) { state = Mutex((left, [:])) }

    var wasAsked: Bool { state.withLock { !$0.asked.isEmpty } }

    func answer(_ stage: Stage) throws(LogError) -> Int64 {
        let left = state.withLock { state in
            state.asked[stage, default: 0] += 1
            return state.left
        }
        guard let left else { throw .unavailable("not now") }
        return left
    }

    func end() { state.withLock { $0.left = 0 } }

    /// Once some stage's replay was asked for so many times.
    func untilAsked(by turns: Int) async throws {
        while state.withLock({ ($0.asked.values.max() ?? 0) < turns }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }
}

/// A log that has more to say than the store knows.
private struct NewerLog: EventLog {
    let log: any EventLog
    let replay: ReplayState

    init(_ log: any EventLog, _ replay: ReplayState) { (self.log, self.replay) = (log, replay) }

    func replayLeft(for stage: Stage, restoredAt moment: Timestamp) async throws(LogError) -> Int64 {
        try replay.answer(stage)
    }

    func append(_ batch: RecordBatch, to topic: Topic) async throws(LogError) { try await log.append(batch, to: topic) }
    func partition(of key: NotificationID, in topic: Topic) -> Int { log.partition(of: key, in: topic) }
    func partitionCount(of topic: Topic) async throws(LogError) -> Int { try await log.partitionCount(of: topic) }
    func endOffset(of topic: Topic, partition: Int) async throws(LogError) -> Int64 {
        try await log.endOffset(of: topic, partition: partition)
    }
    func subscribe(to topic: Topic, group: String) async throws(LogError) -> any LogSubscription {
        try await log.subscribe(to: topic, group: group)
    }
    func read(
        _ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration
    ) async throws(LogError) -> LogPage {
        try await log.read(topic, after: cursor, limit: limit, wait: wait)
    }
}
