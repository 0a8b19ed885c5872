import ChannelSDK
import FoundationEssentials

/// Submits messages through Plivo's Message resource, one request for each.
struct PlivoDelivery: HTTPDeliveryClient {
    static let rules = SMSContentRules(longestBody: 1600, mostMedia: 10, bodySubstitutes: ["media_url"])

    private let settings: PlivoSettings
    private let transport: any Transport
    private let url: String
    /// `Basic` and the base64 of account and token.
    private let authorization: Secret

    init(settings: PlivoSettings, transport: any Transport) {
        self.settings = settings
        self.transport = transport
        url = "\(settings.baseURL)/v1/Account/\(settings.authID)/Message/"
        authorization = BasicAuthentication(username: settings.authID, password: settings.authToken).headerValue
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
        return HTTPRequest(
            url: url,
            headers: [
                "Authorization": authorization.revealed, "Content-Type": "application/json",
                "Accept": "application/json",
            ],
            body: Array(body))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        PlivoAnswer(response, secrets: [settings.authToken, credentials]).outcome.counted(of: message.content)
    }

    private var credentials: Secret { Secret(String(authorization.revealed.dropFirst("Basic ".count))) }

    /// A sender of the message's own stands in for the powerpack: Plivo refuses both together.
    private func submission(of message: OutboundMessage) -> Submission {
        let content = message.content
        let media = content.options["media_url"].map(SMSContentRules.mediaURLs)
        var (source, powerpack) = (content.options["from"], String?.none)
        if source == nil {
            switch settings.sender {
            case .number(let number): source = number
            case .powerpack(let uuid): powerpack = uuid
            }
        }
        return Submission(
            dst: content.recipient, media_urls: media, powerpack_uuid: powerpack, src: source,
            text: content.body.isEmpty ? nil : content.body, type: media == nil ? "sms" : "mms", url: message.webhookURL
        )
    }

    /// In Plivo's words. What is nil is left out.
    private struct Submission: Encodable {
        let dst: String
        let media_urls: [String]?
        let powerpack_uuid: String?
        let src: String?
        let text: String?
        let type: String
        let url: String
        let method = "POST"
    }
}
