import ChannelSDK
import FoundationEssentials

/// Submits text messages through Vonage's Messages API, one request for each; Vonage cuts them into segments, and
/// reports on the whole.
struct VonageMessagesDelivery: HTTPDeliveryClient {
    static let rules = SMSContentRules(longestBody: 1000, mostMedia: 0, bodySubstitutes: [])

    private enum Authorization {
        case basic(Secret)
        case bearer(VonageToken)
    }

    private let settings: VonageMessagesSettings
    private let transport: any Transport
    private let authorization: Authorization

    init(settings: VonageMessagesSettings, host: ChannelHost) {
        self.settings = settings
        transport = host.transport
        authorization =
            switch settings.credentials {
            case .account(let secret):
                .basic(BasicAuthentication(username: settings.apiKey, password: secret).headerValue)
            case .application(let id, let key): .bearer(VonageToken(application: id, key: key, clock: host.clock))
            }
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let body = try? encoder.encode(submission(of: message)) else {
            throw DeliveryFailure(.content, code: "unwritable", message: "the message cannot be written as JSON")
        }
        guard let authorization = headerValue else {
            throw DeliveryFailure(
                .configuration, code: "private_key", message: "the application's private key cannot sign a token")
        }
        return HTTPRequest(
            url: "\(settings.baseURL)/v1/messages",
            headers: [
                "Authorization": authorization, "Content-Type": "application/json", "Accept": "application/json",
            ],
            body: Array(body))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        var secrets = [settings.signatureSecret]
        if case .account(let secret) = settings.credentials { secrets.append(secret) }
        if let credentials = headerValue?.split(separator: " ").last { secrets.append(Secret(String(credentials))) }
        return VonageMessagesAnswer(response, secrets: secrets).outcome.counted(of: message.content)
    }

    private var headerValue: String? {
        switch authorization {
        case .basic(let value): value.revealed
        case .bearer(let token): (try? token.current()).map { "Bearer \($0.revealed)" }
        }
    }

    private func submission(of message: OutboundMessage) -> Submission {
        let content = message.content
        return Submission(
            client_ref: "\(message.delivery)",
            from: PhoneNumber.withoutPlus(content.options["from"] ?? settings.from), text: content.body,
            to: PhoneNumber.withoutPlus(content.recipient), ttl: settings.validityPeriod,
            webhook_url: VonageAccount.callback(message.webhookURL))
    }

    /// In Vonage's words. What is nil is left out.
    private struct Submission: Encodable {
        let channel = "sms"
        let client_ref: String
        let from: String
        let message_type = "text"
        let text: String
        let to: String
        let ttl: Int64?
        let webhook_url: String
        let webhook_version = "v1"
    }
}
