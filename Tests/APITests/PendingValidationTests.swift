import HTTPTypes
import ChannelSDK
import NIOCore
import Pipeline
import Synchronization
import Testing

@testable import API

/// A channel whose module is asked aside: it finds bodies bad, and says nothing of silent ones.
private final class AsideChannel: IsolatedChannel, DeliveryClient, WebhookParser {
    private let asked = Mutex<[[String]]>([])

    /// The bodies that it was asked about together.
    var questions: [[String]] { asked.withLock { $0 } }
    var delivery: any DeliveryClient { self }
    var webhooks: any WebhookParser { self }
    var verification: WebhookVerification { .none(reason: "a test's") }

    func problems(of contents: [MessageContent]) async -> [[FieldProblem]?] {
        asked.withLock { $0.append(contents.map(\.body)) }
        return contents.map { content in
            switch content.body {
            case "silent": nil
            case "bad": [FieldProblem(field: "body", message: "is bad")]
            default: []
            }
        }
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] { [] }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents { WebhookContents() }
}

@Suite struct PendingValidationTests {
    /// A batch is asked about at once, and each answer is that of its request.
    @Test func aBatchIsAskedAboutTogether() async throws {
        let aside = AsideChannel()
        var channel = APIChannel(
            module: "aside", validate: { _ in [FieldProblem(field: "body", message: "asked at once")] },
            webhooks: aside.webhooks)
        channel.isolated = aside
        let channels = [
            "aside": channel, "plain": APIChannel(module: "plain", validate: { _ in [] }, webhooks: aside.webhooks),
        ]
        let pending = PendingValidation()
        var admission = NotificationAdmission(
            channels: channels, routing: RoutingTable(channels: ["aside", "plain"], routes: [:]), templates: nil,
            account: "a", now: Timestamp(seconds: 1), attachmentBytes: 1 << 20)
        admission.pending = pending
        let lines = [
            #"{"channel":"aside","to":"x","body":"good"}"#, #"{"channel":"plain","to":"x","body":"bad"}"#,
            #"{"channel":"aside","to":"x","body":"bad"}"#, #"{"channel":"aside","body":"bad"}"#,
            #"{"channel":"aside","to":"x","body":"silent"}"#, #"{"channel":"aside","to":"x","body":"good"}"#,
        ]
        var results = try ByteBuffer(string: lines.joined(separator: "\n")).withUnsafeReadableBytes { bytes in
            Result { try BatchReader(bytes, limit: 100).read(admission) }
        }.get()
        await pending.judge(&results, by: channels)
        #expect(aside.questions == [["good", "bad", "silent", "good"]])
        let statuses = results.map { result -> Int in
            switch result {
            case .success: 202
            case .failure(let problem): problem.status.code
            }
        }
        #expect(statuses == [202, 202, 422, 422, 503, 202])
        guard case .failure(let bad) = results[2], case .failure(let unknown) = results[3] else { return }
        #expect(bad.errors == [FieldProblem(field: "body", message: "is bad")])
        #expect(unknown.errors.map(\.field) == ["to"])
    }
}
