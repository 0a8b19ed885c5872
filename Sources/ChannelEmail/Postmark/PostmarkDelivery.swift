import ChannelSDK

/// Submits mails through Postmark's email API, one request for each.
struct PostmarkDelivery: HTTPDeliveryClient {
    /// In the metadata, which every webhook repeats.
    static let correlationField = "delivery"

    private let settings: PostmarkSettings
    private let unsubscribe: EmailUnsubscribe
    private let transport: any Transport

    init(settings: PostmarkSettings, unsubscribe: EmailUnsubscribe, transport: any Transport) {
        self.settings = settings
        self.unsubscribe = unsubscribe
        self.transport = transport
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let content = try EmailContent(message.content, from: settings.from, unsubscribe: unsubscribe)
        var fields: [String: JSONValue] = [
            "From": .string(content.from.description), "To": .string(content.recipient.description),
            "Subject": .string(content.subject), "MessageStream": .string(settings.messageStream),
            "Metadata": [Self.correlationField: .string(message.delivery.description)],
        ]
        if let text = content.text { fields["TextBody"] = .string(text) }
        if let html = content.html { fields["HtmlBody"] = .string(html) }
        if let replyTo = content.replyTo { fields["ReplyTo"] = .string(replyTo.description) }
        let headers = content.extraHeaders.map {
            JSONValue.object(["Name": .string($0.name), "Value": .string($0.value)])
        }
        if !headers.isEmpty { fields["Headers"] = .array(headers) }
        if !content.attachments.isEmpty { fields["Attachments"] = .array(content.attachments.map(Self.attachment)) }
        return HTTPRequest(
            url: "\(settings.baseURL)/email",
            headers: [
                "X-Postmark-Server-Token": settings.serverToken.revealed, "Content-Type": "application/json",
                "Accept": "application/json",
            ], body: JSONValue.object(fields).bytes)
    }

    private static func attachment(_ attachment: MessageAttachment) -> JSONValue {
        var fields: [String: JSONValue] = [
            "Name": .string(attachment.name), "Content": .string(attachment.base64),
            "ContentType": .string(attachment.mediaType),
        ]
        if let id = attachment.contentID { fields["ContentID"] = .string("cid:\(id)") }
        return .object(fields)
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let answer = ProviderAnswer(response, secrets: [settings.serverToken, settings.webhookPassword])
        let code = answer.json?["ErrorCode"]?.int
        if answer.isSuccess, code ?? 0 == 0 {
            guard let id = answer.json?["MessageID"]?.text else { return answer.foreign }
            return .accepted(Acceptance(providerMessageID: id, status: .queued))
        }
        let words = answer.json?["Message"]?.text
        guard let code else { return answer.outcomeByStatus(message: words) }
        guard let kind = Self.kind(ofCode: code) else {
            return answer.isSuccess
                ? answer.outcome(.other, code: String(code), message: words)
                : answer.outcomeByStatus(code: String(code), message: words)
        }
        return answer.outcome(kind, code: String(code), message: words)
    }

    /// Postmark's API error codes that come in the answer to a mail.
    private static func kind(ofCode code: Int64) -> DeliveryFailure.Kind? {
        switch code {
        // The token; no such or no confirmed sender; no credits; an account that is pending or may not send.
        case 10, 400, 401, 405, 412, 413: .configuration
        case 100: .transient  // maintenance
        case 300, 411: .content
        // Inactive: it bounced before, complained, or was suppressed by hand.
        case 406: .recipient
        case 429: .rateLimit
        default: nil
        }
    }
}
