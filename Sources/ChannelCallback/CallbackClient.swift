import ChannelSDK
import Logging
import Synchronization

/// Posts an event to the application, signed anew for each attempt, under the same id for all.
///
/// Once the application says that the URL is gone (410) nothing is sent there any more until the host starts anew.
final class CallbackClient: HTTPDeliveryClient {
    private let settings: CallbackSettings
    private let host: ChannelHost
    private let isGone = Atomic(false)

    /// Enough for what a person would read of it.
    private static let answerLimit = 16 << 10

    init(settings: CallbackSettings, host: ChannelHost) {
        self.settings = settings
        self.host = host
    }

    /// Receivers drop repeats by `webhook-id`.
    var isIdempotent: Bool { true }

    /// They may hear of an event again at any time.
    var idempotencyWindow: Duration { .seconds(3650 * 86_400) }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: host.transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        guard !isGone.load(ordering: .relaxed) else { throw CallbackAnswer.gone }
        guard let event = message.content.options[CallbackModule.eventID] else {
            throw DeliveryFailure(.content, code: "no_event", message: "the message is no event: it has no id")
        }
        let body = Array(message.content.body.utf8)
        do throws(InvalidWebhookKey) {
            var headers = try signed(id: Self.webhookID(event), body)
            headers.add("content-type", "application/cloudevents+json; charset=utf-8")
            return HTTPRequest(
                url: settings.url, headers: headers, body: body, reach: .publicInternet(besides: settings.networks),
                answerLimit: Self.answerLimit)
        } catch {
            throw DeliveryFailure(.configuration, code: "invalid_secret", message: error.message)
        }
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let outcome = CallbackAnswer(response, hiding: settings.hidden).outcome(at: host.clock.now())
        if response.status == 410, !isGone.exchange(true, ordering: .relaxed) {
            host.logger.error("\(CallbackAnswer.gone.message)")
        }
        return outcome
    }

    /// In what is signed, a dot ends the id.
    private static func webhookID(_ event: String) -> String { event.replacing(".", with: "_") }

    private func signed(id: String, _ body: [UInt8]) throws(InvalidWebhookKey) -> HTTPHeaders {
        let now = host.clock.now()
        var headers: HTTPHeaders = [:]
        var signatures: [String] = []
        for signer in settings.signers {
            headers = try signer.signedHeaders(id: id, timestamp: now, body: body)
            if let signature = headers[signer.headers.signature] { signatures.append(signature) }
        }
        headers[StandardWebhooks.Headers.standard.signature] = signatures.joined(separator: " ")
        return headers
    }
}
