import ChannelConformance
import ChannelSDK
import Dispatch
import Logging
import Synchronization

@testable import ModuleGuard

/// A module that does not return from what it is told, until it is let go.
final class Stubbornness: Sendable {
    private let gate = DispatchSemaphore(value: 0)
    private let state = Mutex<(words: Set<String>, calls: [String], isOver: Bool)>(([], [], false))

    init(_ words: String...) { state.withLock { $0.words = Set(words) } }

    deinit { gate.signal() }

    /// What was called, in order.
    var calls: [String] { state.withLock { $0.calls } }

    func meet(_ word: String) {
        let hangs = state.withLock { state in
            state.calls.append(word)
            return !state.isOver && state.words.contains(word)
        }
        guard hangs else { return }
        gate.wait()
        // One lets go of all.
        gate.signal()
    }

    func letGo() {
        state.withLock { $0.isOver = true }
        gate.signal()
    }
}

struct StubbornChannel: RunningChannel, HTTPDeliveryClient, DeliveryQuery, WebhookParser, WebhookVerifier {
    let stubbornness: Stubbornness
    var reply = WebhookReply()
    var name: String { "its own" }
    var delivery: any DeliveryClient { self }
    var webhooks: any WebhookParser { self }
    var verification: WebhookVerification { .scheme(self) }

    func validate(_ content: MessageContent) -> [FieldProblem] {
        stubbornness.meet("validate \(content.body)")
        return content.body == "bad" ? [FieldProblem(field: "body", message: "is bad")] : []
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        stubbornness.meet("request \(message.content.body)")
        if message.content.body == "bad" { throw DeliveryFailure(.content, code: "bad", message: "is bad") }
        return HTTPRequest(url: "https://example.com/\(message.content.body)")
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        stubbornness.meet("outcome \(message.content.body)")
        return .accepted(Acceptance(providerMessageID: message.content.body))
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        stubbornness.meet("deliver \(messages[0].content.body)")
        return messages.map { .accepted(Acceptance(providerMessageID: $0.content.body)) }
    }

    func find(_ message: OutboundMessage) async -> DeliveryQueryAnswer {
        stubbornness.meet("find \(message.content.body)")
        return .notTaken
    }

    func handshake(_ request: WebhookRequest) -> WebhookReply? {
        stubbornness.meet("handshake \(request.text)")
        return request.text == "hello" ? reply : nil
    }

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        stubbornness.meet("verify \(request.text)")
        return request.text == "forged" ? .refused("forged") : .genuine
    }

    func acknowledgement(of request: WebhookRequest) -> WebhookReply {
        stubbornness.meet("acknowledgement \(request.text)")
        return reply
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        stubbornness.meet("parse \(request.text)")
        if request.text == "bad" { throw WebhookRefusal("is bad") }
        return WebhookContents(reports: [StatusReport(providerMessageID: request.text, kind: .status("sent"))])
    }
}

/// Its own way alone.
struct StubbornDelivery: RunningChannel, DeliveryClient {
    let channel: StubbornChannel
    var delivery: any DeliveryClient { self }
    var webhooks: any WebhookParser { channel }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] { await channel.deliver(messages) }
}

extension WebhookRequest {
    fileprivate var text: String { String(decoding: body, as: UTF8.self) }
}

extension ChannelHost {
    static var test: ChannelHost {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let transport = ScriptedTransport { _ in .success(HTTPResponse(status: 200)) }
        return ChannelHost(
            channel: "stubborn", publicURL: "https://example.com", transport: transport, cache: EmptyCache(),
            rateLimiter: UnlimitedRateLimiter(), clock: HeldClock(at: Timestamp(seconds: 1)), logger: logger)
    }
}
