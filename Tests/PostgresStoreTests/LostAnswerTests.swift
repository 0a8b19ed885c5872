import ChannelSDK
import Pipeline
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(10)))
struct LostAnswerTests {
    @Test func anOwnerFindsItsOwnClaims() async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            let fence = try await store.beginEpoch(.projector, partition: 0).fence
            let rows = (1...3).map { number in
                Projection.Row(
                    notification: AcceptedNotification(
                        id: NotificationID(high: 0, low: UInt64(number)), account: "a", externalID: nil,
                        urgency: .normal, steps: ["sms"], acceptedAt: Timestamp(milliseconds: 1),
                        payload: .init(bytes: [1])),
                    graphVersion: 1, isClaimed: number < 3)
            }
            let owner = OwnerID("one")
            _ = try await store.project(Projection(fence: fence, nextOffset: 3, owner: owner, rows: rows))
            try await store.renewLease(of: owner, for: .seconds(3600))
            let found = try await store.claims(of: owner, limit: 9)
            #expect(Set(found.map(\.delivery.notification.low)) == [1, 2])
            #expect(try await store.claims(of: owner, limit: 1).count == 1)
            #expect(try await store.claims(of: OwnerID("two"), limit: 9).isEmpty)
            #expect(try await store.abandonedClaims(limit: 9).isEmpty)
        }
    }
}
