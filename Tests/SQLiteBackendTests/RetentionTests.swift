import ChannelSDK
import GRDB
import Pipeline
import Testing

@testable import SQLiteBackend

@Suite(.timeLimit(.minutes(1)))
struct RetentionTests {
    /// Whatever hangs on a notification goes with it.
    @Test func nothingIsLeftBehind() async throws {
        let database = try TemporaryDatabase()
        let store = try database.open().store
        let projector = try await store.beginEpoch(.projector, partition: 0)
        let id = NotificationID(high: 1, low: 1)
        let notification = AcceptedNotification(
            id: id, account: "acme", externalID: nil, urgency: .normal, steps: ["sms"],
            acceptedAt: Timestamp(milliseconds: 1000), payload: .init(bytes: [1]))
        _ = try await store.project(
            Projection(
                fence: projector.fence, nextOffset: 1, owner: OwnerID("o"),
                rows: [.init(notification: notification, graphVersion: 1, isClaimed: true)]))
        let state = try #require(try await store.load([id]).first)
        var delivery = state.deliveries[0]
        delivery.settlement = .settled
        delivery.providerMessageID = "SM1"
        delivery.parts = ["SM2": "delivered"]
        delivery.expectedParts = ["SM1", "SM3"]
        var application = Application(
            fence: try await store.beginEpoch(.applier, partition: 0).fence, nextOffset: 1)
        application.updates = [.init(row: state.row, delivery: delivery, before: .init(state.deliveries[0]))]
        application.endedClaims = [.init(delivery: delivery.id, row: state.row, attempt: 1)]
        application.correlations = ["SM1", "SM2", "SM3"].map {
            .init(channel: "sms", providerMessageID: $0, delivery: delivery.id)
        }
        application.timeline = [
            TimelineEntry(
                delivery: delivery.id, row: state.row, source: LogPosition(partition: 0, offset: 0), kind: .report,
                at: Timestamp(milliseconds: 1000), reported: "delivered")
        ]
        _ = try await store.apply(application)
        let tables = ["notifications", "deliveries", "timeline", "correlations", "claims", "ready", "parked"]
        func rows() async throws -> [Int] {
            try await store.read { database in
                try tables.map { try Int.fetchOne(database, sql: "SELECT count(*) FROM \($0)") ?? -1 }
            }
        }
        #expect(try await rows() == [1, 1, 1, 3, 0, 0, 0])
        let step = try await store.removeSettled(before: Timestamp(milliseconds: 1001), after: nil, limit: 5)
        #expect(step.removed == 1)
        #expect(try await rows() == [0, 0, 0, 0, 0, 0, 0])
        await database.close()
    }
}
