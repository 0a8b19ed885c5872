import ChannelSDK

/// Submits mails through Resend's emails API, one request for each. Resend drops repeats by the idempotency key for
/// 24 hours.
struct ResendDelivery: HTTPDeliveryClient {
    private let settings: ResendSettings
    private let unsubscribe: EmailUnsubscribe
    private let transport: any Transport

    init(settings: ResendSettings, unsubscribe: EmailUnsubscribe, transport: any Transport) {
        self.settings = settings
        self.unsubscribe = unsubscribe
        self.transport = transport
    }

    var isIdempotent: Bool { true }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let content = try EmailContent(message.content, from: settings.from, unsubscribe: unsubscribe, takesLinks: true)
        var fields: [String: JSONValue] = [
            "from": .string(content.from.description), "to": [.string(content.recipient.description)],
            "subject": .string(content.subject), "tags": [DeliveryTag.json(message.delivery)],
        ]
        if let text = content.text { fields["text"] = .string(text) }
        if let html = content.html { fields["html"] = .string(html) }
        if let replyTo = content.replyTo { fields["reply_to"] = .string(replyTo.description) }
        let headers = content.extraHeaders
        if !headers.isEmpty {
            fields["headers"] = .object(
                Dictionary(headers.map { ($0.name, JSONValue.string($0.value)) }) { first, _ in first })
        }
        if !content.attachments.isEmpty { fields["attachments"] = .array(content.attachments.map(Self.attachment)) }
        return HTTPRequest(
            url: "\(settings.baseURL)/emails",
            headers: [
                "Authorization": "Bearer \(settings.apiKey.revealed)", "Content-Type": "application/json",
                "Accept": "application/json", "Idempotency-Key": message.delivery.description,
            ], body: JSONValue.object(fields).bytes)
    }

    private static func attachment(_ attachment: MessageAttachment) -> JSONValue {
        var fields: [String: JSONValue] = [
            "filename": .string(attachment.name), "content_type": .string(attachment.mediaType),
        ]
        if let link = attachment.link {
            fields["path"] = .string(link)
        } else {
            fields["content"] = .string(attachment.base64)
        }
        if let id = attachment.contentID { fields["content_id"] = .string(id) }
        return .object(fields)
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let answer = ProviderAnswer(response, secrets: [settings.apiKey, settings.webhookSecret], isIdempotent: true)
        if answer.isSuccess {
            guard let id = answer.json?["id"]?.text else { return answer.foreign }
            return .accepted(Acceptance(providerMessageID: id, status: .queued))
        }
        let (name, words) = (answer.json?["name"]?.text, answer.json?["message"]?.text)
        switch name {
        case "daily_quota_exceeded"?, "monthly_quota_exceeded"?:
            // Resend does not say when the quota starts anew: ask once an hour.
            return answer.outcome(.rateLimit, code: name, message: words, after: answer.retryAfter ?? .seconds(3600))
        case "invalid_idempotent_request"?:
            return .uncertain(
                DeliveryFailure(
                    .other, code: "invalid_idempotent_request",
                    message: "Resend has another mail under this delivery's key: were settings changed in between?"))
        default: break
        }
        guard let kind = name.flatMap({ Self.kind(ofName: $0, status: response.status) }) else {
            return answer.outcomeByStatus(code: name, message: words)
        }
        return answer.outcome(kind, code: name, message: words)
    }

    /// Resend's error names. `validation_error` with 403 is about the sender's domain.
    private static func kind(ofName name: String, status: Int) -> DeliveryFailure.Kind? {
        switch name {
        case "validation_error": status == 403 ? .configuration : .content
        case "missing_required_field", "invalid_parameter", "invalid_attachment": .content
        case "missing_api_key", "restricted_api_key", "invalid_api_key", "not_found", "method_not_allowed",
            "invalid_from_address", "invalid_access", "invalid_region":
            .configuration
        case "security_error": .blocked
        case "rate_limit_exceeded": .rateLimit
        case "concurrent_idempotent_requests", "application_error", "internal_server_error": .transient
        default: nil
        }
    }
}

/// The delivery's id where a provider's tags allow only ASCII letters, digits, `_` and `-`.
enum DeliveryTag {
    static let name = "delivery"

    static func value(_ delivery: DeliveryID) -> String { delivery.description.replacing(".", with: "_") }

    static func json(_ delivery: DeliveryID) -> JSONValue {
        ["name": .string(name), "value": .string(value(delivery))]
    }

    static func delivery(_ value: String) -> DeliveryID? { DeliveryID(value.replacing("_", with: ".")) }
}
