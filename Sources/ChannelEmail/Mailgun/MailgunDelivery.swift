import ChannelSDK

/// Submits mails through Mailgun's messages API, one request for each.
struct MailgunDelivery: HTTPDeliveryClient {
    /// A user variable, which every webhook repeats.
    static let correlationField = "delivery"

    private let settings: MailgunSettings
    private let unsubscribe: EmailUnsubscribe
    private let transport: any Transport
    private let authorization: Secret

    init(settings: MailgunSettings, unsubscribe: EmailUnsubscribe, transport: any Transport) {
        self.settings = settings
        self.unsubscribe = unsubscribe
        self.transport = transport
        authorization = BasicAuthentication(username: "api", password: settings.apiKey).headerValue
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let content = try EmailContent(message.content, from: settings.from, unsubscribe: unsubscribe)
        var form: [FormEncoding.Pair] = [
            .init("from", content.from.description), .init("to", content.recipient.description),
            .init("subject", content.subject),
        ]
        if let text = content.text { form.append(.init("text", text)) }
        if let html = content.html { form.append(.init("html", html)) }
        if let replyTo = content.replyTo { form.append(.init("h:Reply-To", replyTo.description)) }
        for header in content.extraHeaders { form.append(.init("h:\(header.name)", header.value)) }
        form.append(.init("v:\(Self.correlationField)", message.delivery.description))
        let body = MailgunForm(form, attachments: content.attachments)
        return HTTPRequest(
            url: "\(settings.baseURL)/v3/\(settings.domain)/messages",
            headers: [
                "Authorization": authorization.revealed, "Content-Type": body.contentType,
                "Accept": "application/json",
            ], body: body.bytes)
    }

    /// Mailgun has no error codes, only words: those about the recipient are the ones to tell apart.
    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        let credentials = Secret(String(authorization.revealed.dropFirst("Basic ".count)))
        let answer = ProviderAnswer(response, secrets: [settings.apiKey, settings.signingKey, credentials])
        if answer.isSuccess {
            guard let id = answer.json?["id"]?.text else { return answer.foreign }
            return .accepted(Acceptance(providerMessageID: Self.withoutBrackets(id), status: .queued))
        }
        let words = answer.json?["message"]?.text
        guard response.status == 400 else { return answer.outcomeByStatus(message: words) }
        let isAboutRecipient = words?.contains("'to' parameter") == true || words?.contains("to parameter") == true
        return answer.outcome(isAboutRecipient ? .recipient : .content, message: words)
    }

    /// The answer has the id in brackets, webhooks without.
    static func withoutBrackets(_ id: String) -> String {
        id.hasPrefix("<") && id.hasSuffix(">") ? String(id.dropFirst().dropLast()) : id
    }
}
