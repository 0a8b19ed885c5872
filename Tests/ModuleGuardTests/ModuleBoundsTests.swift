import ChannelSDK
import Testing

@testable import ModuleGuard

@Suite struct ModuleBoundsTests {
    private let bounds = ModuleBounds(GuardedChannelTests.statuses)
    private let request = WebhookRequest(
        method: "POST", url: "https://example.com/", headers: HTTPHeaders(), body: [1],
        receivedAt: Timestamp(seconds: 1))

    private static let texts = [
        String(repeating: "word ", count: 10_000), "e" + String(repeating: "\u{301}", count: 1_000_000),
        String(repeating: "é", count: 5_000), String(repeating: "👩‍👩‍👧‍👦", count: 1000),
    ]

    /// A character of any length is cut like any other text.
    @Test(arguments: texts.indices) func textsAreCutByBytes(index: Int) {
        let text = Self.texts[index]
        let failure = bounds.bounded(DeliveryFailure(.other, code: text, message: text))
        #expect((1...200).contains(failure.code.utf8.count) && text.utf8.starts(with: failure.code.utf8))
        #expect((4000...4096).contains(failure.message.utf8.count) && text.utf8.starts(with: failure.message.utf8))
        let problems = bounds.bounded(Array(repeating: FieldProblem(field: text, message: text), count: 1000))
        #expect(problems.count == 100)
        #expect(problems[0].field.utf8.count <= 200 && problems[0].message.utf8.count <= 1024)
        #expect(bounds.bounded(WebhookRefusal(text)).message.utf8.count <= 4096)
    }

    @Test func whatFitsIsLeftAsItIs() {
        let failure = DeliveryFailure(.other, code: String(repeating: "é", count: 100), message: "é")
        #expect(bounds.bounded(failure) == failure)
    }

    @Test func textsOfEveryKindCount() {
        let text = String(repeating: "x", count: 100_000)
        let kinds = [
            WebhookContents(reports: [StatusReport(kind: .unknown(text))]),
            WebhookContents(inbound: [InboundMessage(providerMessageID: "", sender: "", recipient: "", body: text)]),
            WebhookContents(inbound: [
                InboundMessage(providerMessageID: "", sender: "", recipient: "", body: "", subject: text)
            ]),
            WebhookContents(optOuts: [OptOutReport(.recipient(text), reason: .unsubscribe)]),
        ]
        for contents in kinds {
            #expect(throws: WebhookRefusal.self) { try bounds.bounded(contents, of: request) }
        }
    }
}
