import ChannelSDK

/// Submits mails through SendGrid's v3 Mail Send, one request for each.
struct SendGridDelivery: HTTPDeliveryClient {
    /// Flattened into every event of the mail.
    static let correlationField = "switchboard_delivery"

    private let settings: SendGridSettings
    private let unsubscribe: EmailUnsubscribe
    private let host: ChannelHost

    init(settings: SendGridSettings, unsubscribe: EmailUnsubscribe, host: ChannelHost) {
        self.settings = settings
        self.unsubscribe = unsubscribe
        self.host = host
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: host.transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let content = try EmailContent(message.content, from: settings.from, unsubscribe: unsubscribe)
        return HTTPRequest(
            url: "\(settings.baseURL)/v3/mail/send",
            headers: [
                "Authorization": "Bearer \(settings.apiKey.revealed)", "Content-Type": "application/json",
                "Accept": "application/json",
            ],
            body: JSONValue.object(fields(content, message.delivery)).bytes)
    }

    private func fields(_ content: EmailContent, _ delivery: DeliveryID) -> [String: JSONValue] {
        let arguments: JSONValue = [Self.correlationField: .string(delivery.description)]
        var parts: [JSONValue] = []
        if let text = content.text { parts.append(["type": "text/plain", "value": .string(text)]) }
        if let html = content.html { parts.append(["type": "text/html", "value": .string(html)]) }
        var fields: [String: JSONValue] = [
            "personalizations": [
                ["to": [["email": .string(content.recipient.description)]], "custom_args": arguments]
            ],
            "from": Self.mailbox(content.from), "subject": .string(content.subject), "content": .array(parts),
        ]
        if let replyTo = content.replyTo { fields["reply_to"] = Self.mailbox(replyTo) }
        let headers = content.extraHeaders
        if !headers.isEmpty {
            fields["headers"] = .object(
                Dictionary(headers.map { ($0.name, JSONValue.string($0.value)) }) { first, _ in first })
        }
        if !content.attachments.isEmpty { fields["attachments"] = .array(content.attachments.map(Self.attachment)) }
        return fields
    }

    private static func attachment(_ attachment: MessageAttachment) -> JSONValue {
        var fields: [String: JSONValue] = [
            "content": .string(attachment.base64), "type": .string(attachment.mediaType),
            "filename": .string(attachment.name), "disposition": attachment.contentID == nil ? "attachment" : "inline",
        ]
        if let id = attachment.contentID { fields["content_id"] = .string(id) }
        return .object(fields)
    }

    private static func mailbox(_ mailbox: Mailbox) -> JSONValue {
        var fields: [String: JSONValue] = ["email": .string(mailbox.address.description)]
        if let name = mailbox.name { fields["name"] = .string(name) }
        return .object(fields)
    }

    /// SendGrid answers 202 without a body to what it took. An error has no code but the field that it is about.
    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let answer = ProviderAnswer(response, secrets: settings.secrets)
        if response.status == 202 {
            let id = response.headers["X-Message-Id"].flatMap { $0.isEmpty ? nil : $0 }
            return .accepted(Acceptance(providerMessageID: id, status: .queued))
        }
        if answer.isSuccess { return answer.foreign }
        let error = answer.json?["errors"]?.elements?.first
        let (field, words) = (error?["field"]?.text, error?["message"]?.text)
        guard response.status == 400 else {
            return answer.outcomeByStatus(message: words, after: response.status == 429 ? reset(response) : nil)
        }
        let kind: DeliveryFailure.Kind =
            switch field?.split(separator: ".").first {
            case "from"?, "reply_to"?: .configuration
            case "personalizations"?: field?.contains(".to") == true ? .recipient : .content
            default: .content
            }
        return answer.outcome(kind, code: field, message: words)
    }

    /// `X-RateLimit-Reset`: the moment, in seconds since 1970, at which the next requests are allowed.
    private func reset(_ response: HTTPResponse) -> Duration? {
        guard let seconds = response.headers["X-RateLimit-Reset"].flatMap({ Int64($0) }) else { return nil }
        let wait = Timestamp(seconds: seconds).since(host.clock.now())
        return wait < .zero ? .zero : min(wait, .seconds(86_400))
    }
}
