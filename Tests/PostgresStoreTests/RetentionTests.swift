import ChannelSDK
import Pipeline
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(2)))
struct RetentionTests {
    private func project(_ store: PostgresStore, _ numbers: Range<UInt64>, acceptedAt: Int64) async throws {
        let fence = try await store.beginEpoch(.projector, partition: 0).fence
        let rows = numbers.map { number in
            Projection.Row(
                notification: AcceptedNotification(
                    id: NotificationID(high: 1, low: number), account: "acme", externalID: nil, urgency: .normal,
                    steps: ["sms"], acceptedAt: Timestamp(milliseconds: acceptedAt), payload: .init(bytes: [1])),
                graphVersion: 1, isClaimed: true)
        }
        _ = try await store.project(Projection(fence: fence, nextOffset: 1, owner: OwnerID("o"), rows: rows))
    }

    private func settle(_ store: PostgresStore, _ numbers: Range<UInt64>) async throws {
        var application = Application(
            fence: try await store.beginEpoch(.applier, partition: 0).fence, nextOffset: 1)
        for state in try await store.load(numbers.map { NotificationID(high: 1, low: $0) }) {
            var delivery = state.deliveries[0]
            delivery.settlement = .settled
            delivery.providerMessageID = "SM\(state.id.low)"
            application.updates.append(.init(row: state.row, delivery: delivery, before: .init(state.deliveries[0])))
            application.endedClaims.append(.init(delivery: delivery.id, row: state.row, attempt: 1))
            application.correlations.append(
                .init(channel: "sms", providerMessageID: "SM\(state.id.low)", delivery: delivery.id))
            application.timeline.append(
                TimelineEntry(
                    delivery: delivery.id, row: state.row,
                    source: LogPosition(partition: 0, offset: Int64(state.id.low)), kind: .report,
                    at: Timestamp(milliseconds: 1000), reported: "delivered"))
        }
        _ = try await store.apply(application)
    }

    private func rows(_ schema: TestSchema) async throws -> [String] {
        try await schema.query(
            """
            SELECT concat_ws(' ', (SELECT count(*) FROM notifications), (SELECT count(*) FROM deliveries),
              (SELECT count(*) FROM timeline), (SELECT count(*) FROM correlations), (SELECT count(*) FROM settling))
            """)
    }

    /// Whatever hangs on a notification goes with it.
    @Test func nothingIsLeftBehind() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            try await project(store, 0..<3, acceptedAt: 1000)
            try await settle(store, 0..<3)
            #expect(try await rows(schema) == ["3 3 3 3 0"])
            let step = try await store.removeSettled(before: Timestamp(milliseconds: 1001), after: nil, limit: 500)
            #expect(step == RetentionStep(removed: 3, next: nil))
            #expect(try await rows(schema) == ["0 0 0 0 0"])
        }
    }

    /// The repeat has found its first still there, and then finds it removed: it must be neither, and is tried again.
    @Test func aRepeatWhoseFirstIsRemovedMeanwhileIsRefused() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            try await project(store, 0..<1, acceptedAt: 1000)
            try await settle(store, 0..<1)
            // Keeps the projection between the insertion and the look for repeats.
            let gate = PostgresConnection(schema.configuration)
            try await gate.run { session throws(PostgresFailure) in
                _ = try session.perform([
                    Statement("begin", "BEGIN")(), Statement("gate", "LOCK TABLE claims IN EXCLUSIVE MODE")(),
                ])
            }
            let repeated = Task { try await project(store, 0..<1, acceptedAt: 9000) }
            let waiting = """
                SELECT count(*)::text FROM pg_locks
                WHERE relation = 'claims'::regclass AND mode = 'RowExclusiveLock' AND NOT granted
                """
            while try await schema.query(waiting) == ["0"] { try Task.checkCancellation() }
            let step = try await store.removeSettled(before: Timestamp(milliseconds: 5000), after: nil, limit: 5)
            #expect(step.removed == 1)
            try await gate.run { session throws(PostgresFailure) in
                _ = try session.perform([Statement("commit", "COMMIT")()])
            }
            await #expect(throws: StoreError.fenced) { try await repeated.value }
            #expect(try await rows(schema) == ["0 0 0 0 0"])
            try await project(store, 0..<1, acceptedAt: 9000)
            #expect(try await rows(schema) == ["1 1 0 0 0"])
            await gate.close()
        }
    }

    /// A replica that has had little to do still gives numbers of a block that it took long ago: what the others have
    /// numbered since is found behind it.
    @Test func findsWhatIsOldBehindWhatIsYoung() async throws {
        try await TestSchema.with { schema in
            let (idle, busy) = (try schema.open(), try PostgresStore(schema.configuration))
            let other = try PostgresStore(schema.configuration)
            try await project(idle, 0..<2, acceptedAt: 1000)
            // Takes its block first, and has only young ones in it.
            try await project(other, 30..<31, acceptedAt: 9000)
            try await project(busy, 10..<14, acceptedAt: 1000)
            try await project(idle, 20..<25, acceptedAt: 9000)
            for numbers in [0..<2, 10..<14, 20..<25, 30..<31] as [Range<UInt64>] { try await settle(idle, numbers) }
            var (removed, cursor) = (0, RetentionCursor?.none)
            repeat {
                let step = try await busy.removeSettled(
                    before: Timestamp(milliseconds: 5000), after: cursor, limit: 3)
                (removed, cursor) = (removed + step.removed, step.next)
            } while cursor != nil
            #expect(removed == 6)
            #expect(try await rows(schema) == ["6 6 6 6 0"])
            #expect(try await idle.counts().notifications == 6)
            await busy.close()
            await other.close()
        }
    }
}
