import ChannelSDK
import Logging
import SQLiteBackend
import Synchronization
import Testing

@testable import Pipeline

/// When the host removes what is old, and that a late report about it does no harm.
@Suite(.timeLimit(.minutes(1)))
struct RetentionTests {
    private static let now = Timestamp(milliseconds: 1_800_000_000_000)

    /// Says what it is told to, and remembers what it was asked.
    private final class ScriptedStore: RetentionStore {
        struct Question: Equatable {
            let moment: Timestamp
            let cursor: RetentionCursor?
            let limit: Int
        }

        private let state: Mutex<(answers: [Result<RetentionStep, StoreError>], questions: [Question])>

        init(_ answers: [Result<RetentionStep, StoreError>]) { state = Mutex((answers, [])) }

        var questions: [Question] { state.withLock { $0.questions } }

        func removeSettled(
            before moment: Timestamp, after cursor: RetentionCursor?, limit: Int
        ) async throws(StoreError) -> RetentionStep {
            let answer = state.withLock { state in
                state.questions.append(Question(moment: moment, cursor: cursor, limit: limit))
                return state.answers.isEmpty
                    ? .success(RetentionStep(removed: 0, next: nil)) : state.answers.removeFirst()
            }
            return try answer.get()
        }
    }

    private struct HeldClock: WallClock {
        let moment: Timestamp
        func now() -> Timestamp { moment }
    }

    /// Runs the loop until it has waited `count` times; the waits.
    private func waits(
        _ count: Int, _ store: ScriptedStore, _ change: (inout RetentionPace.Configuration) -> Void = { _ in }
    ) async -> [Duration] {
        var configuration = RetentionPace.Configuration(age: .seconds(3600))
        // Whatever a step takes here, its pause is no longer.
        configuration.pause = .seconds(40)
        change(&configuration)
        let waits = Mutex<[Duration]>([])
        let retention = Retention(
            store: store, clock: HeldClock(moment: Self.now), configuration: configuration,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }),
            sleep: { wait in
                let isLast = waits.withLock { waits in
                    waits.append(wait)
                    return waits.count == count
                }
                if isLast { throw CancellationError() }
            })
        await retention.run()
        return waits.withLock { $0 }
    }

    @Test func aSweepGoesOnToItsEndAndBeginsAgainAfterARest() async {
        let store = ScriptedStore([
            .success(.init(removed: 9, next: .init(10))), .success(.init(removed: 0, next: .init(20))),
            .success(.init(removed: 3, next: nil)),
        ])
        #expect(await waits(4, store) == [.seconds(40), .seconds(40), .seconds(300), .seconds(300)])
        #expect(store.questions.map(\.cursor) == [nil, .init(10), .init(20), nil])
        #expect(store.questions.allSatisfy { $0.moment == Self.now - .seconds(3600) && $0.limit == 500 })
    }

    @Test func afterAFailureItWaitsLongerEachTimeAndGoesOnWhereItWas() async {
        let down = Result<RetentionStep, StoreError>.failure(.unavailable("down"))
        let store = ScriptedStore([.success(.init(removed: 1, next: .init(5))), down, down, down, down])
        let found = await waits(7, store) { $0.rest = .seconds(5) }
        #expect(found == [40, 1, 2, 4, 5, 5, 5].map { .seconds($0) })
        #expect(store.questions.map(\.cursor) == [nil] + [RetentionCursor?](repeating: .init(5), count: 5) + [nil])
    }

    @Test(arguments: [(1, 20), (10, 20), (11, 22), (500, 1000)])
    func theStoreHasMostOfItsTimeForOthers(took: Int, pause: Int) {
        var pace = RetentionPace(.init(age: .seconds(3600)))
        let step = RetentionStep(removed: 500, next: .init(1))
        #expect(pace.handle(.removed(step, took: .milliseconds(took))).wait == .milliseconds(pause))
    }

    @Test func aSweepTellsHowManyItRemoved() {
        var pace = RetentionPace(.init(age: .seconds(3600)))
        #expect(pace.handle(.removed(.init(removed: 500, next: .init(1)), took: .zero)).sweptAway == nil)
        #expect(pace.handle(.failed).sweptAway == nil)
        #expect(pace.handle(.removed(.init(removed: 7, next: nil), took: .zero)).sweptAway == 507)
        #expect(pace.handle(.removed(.init(removed: 0, next: nil), took: .zero)).sweptAway == 0)
    }

    /// What was projected before and is old may have been removed since: read again, it would look new and be sent again.
    @Test(arguments: [(retention: Duration?.some(.seconds(3600)), [1, 2]), (nil, [0, 1, 2])])
    func oldRecordsThatWereProjectedBeforeArePassedOver(retention: Duration?, projected: [UInt64]) throws {
        let (old, young) = (Self.now - .seconds(3601), Self.now - .seconds(3599))
        let records = [(3, old), (4, young), (5, old)].enumerated().map { index, record in
            let notification = AcceptedNotification(
                id: NotificationID(high: 1, low: UInt64(index)), account: "default", externalID: nil,
                urgency: .normal, steps: ["sms"], acceptedAt: record.1,
                payload: .init(content: MessageContent(recipient: "+15550100", body: "hello")))
            var bytes: [UInt8] = []
            notification.write(to: &bytes)
            return LogRecord(offset: Int64(record.0), key: notification.id, headers: [], value: bytes[...])
        }
        let progress = StageProgress(fence: Fence(stage: .projector, partition: 0, epoch: 1), nextOffset: 5)
        var machine = ProjectorMachine(
            laws: LawBook([:]), owner: OwnerID("test"), progress: progress, retention: retention)
        var effect = machine.handle(.records(records, now: Self.now))
        if case .reserve = effect { effect = machine.handle(.reserved([:])) }
        guard case .store(let projection) = effect else {
            Issue.record("expected a projection, not \(effect)")
            return
        }
        #expect(projection.rows.map(\.notification.id.low) == projected)
        #expect(projection.nextOffset == 6)
    }

    /// The applier has the notification at hand, or hasn't: either way the report becomes a dead letter, as does any
    /// about what nobody knows, and what comes in the same batch is applied.
    @Test(arguments: [false, true])
    func aLateReportAboutWhatWasRemovedIsADeadLetter(applierIsNew: Bool) async throws {
        let world = try await AppliedWorld(notifications: 2)
        for index in [0, 1] {
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM\(index)"))), of: index)
        }
        world.report(.init(kind: .status("delivered")))
        try await world.apply()
        let published = world.published.count
        #expect(published == 3)
        let later = world.now + .seconds(90 * 86_400)
        let step = try await world.backend.store.removeSettled(before: later, after: nil, limit: 10)
        #expect(step.removed == 1)

        world.now = later
        if applierIsNew { try await world.newApplier() }
        world.report(.init(kind: .status("failed")))
        world.report(.init(kind: .status("sent")), of: 1)
        var records: [LogRecord] = []
        do throws(StoreError) {
            records = try await world.applyOnce()
            #expect(applierIsNew)
        } catch {
            // What the line of the partition does then: a new epoch, and the same records again.
            #expect(error == .fenced && !applierIsNew)
            records = world.lastTried
            try await world.newApplier()
            try await world.replay(records)
        }
        #expect(records.count == 2 && world.deadLetters == 1)
        #expect(world.published.count == published + 1)
        #expect(try await world.states().map { $0?.deliveries[0].status } == [nil, "sent"])
        await world.close()
    }
}
