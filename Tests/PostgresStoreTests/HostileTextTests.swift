import ChannelSDK
import Pipeline
import Testing

@testable import PostgresStore

@Suite(.timeLimit(.minutes(10)))
struct HostileTextTests {
    static let texts = [
        "", "'; DROP TABLE notifications; --", "\"quoted\" \\ back\\slash", "{a,NULL,\"b\"}", "NULL", "nul\u{0}inside",
        "\u{0}", "\u{10FFFE}", "\u{10FFFE}0", "\u{10FFFE}\u{0}1", "\u{10FFFF}", "🙂 e\u{301}\r\n\t",
    ]

    @Test(arguments: texts)
    func textsComeBackAsTheyWere(_ text: String) async throws {
        try await TestSchema.with { schema in
            let store = try schema.open()
            let id = NotificationID(high: 1, low: 2)
            let notification = AcceptedNotification(
                id: id, account: text, externalID: text, urgency: .normal, steps: [text, text],
                acceptedAt: Timestamp(milliseconds: 1), payload: .init(bytes: Array(text.utf8)))
            let fence = try await store.beginEpoch(.projector, partition: 0).fence
            _ = try await store.project(
                Projection(
                    fence: fence, nextOffset: 1, owner: OwnerID(text),
                    rows: [.init(notification: notification, graphVersion: 1, isClaimed: false)]))
            let state = try #require(try await store.load([id]).first)
            #expect(Array(state.account.utf8) == Array(text.utf8))
            #expect(state.externalID.map { Array($0.utf8) } == Array(text.utf8))
            #expect(state.steps == [text, text])
            #expect(
                try await store.readyShares(of: text, at: Timestamp(milliseconds: 9), after: nil, limit: 9)
                    == [ReadyShare(urgency: .normal, account: text)])
        }
    }

    @Test func differentTextsStayDifferent() {
        var stored: Set<[UInt8]> = []
        for text in Self.texts {
            var bytes: [UInt8] = []
            StoredText.write(text, to: &bytes)
            #expect(!bytes.contains(0))
            stored.insert(bytes)
        }
        #expect(stored.count == Self.texts.count)
    }
}
