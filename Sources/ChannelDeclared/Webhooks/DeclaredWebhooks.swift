import ChannelSDK

/// Reads a provider's webhooks by the declaration's rules.
struct DeclaredWebhooks: WebhookParser {
    let rules: WebhookRules
    let verification: WebhookVerification

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        var contents = WebhookContents()
        let events = try events(of: request)
        var understood = 0
        for event in events {
            if let message = inboundMessage(event) {
                contents.inbound.append(message)
                understood += 1
            } else if let word = event.word(rules.status) {
                understood += 1
                if !rules.ignored.contains(word) { contents.reports.append(report(event, word, request)) }
            }
        }
        guard understood > 0 || events.isEmpty else {
            throw WebhookRefusal("the request has no status where webhook.status of the declaration says")
        }
        return contents
    }

    private func events(of request: WebhookRequest) throws(WebhookRefusal) -> [SelectedContent] {
        switch rules.format {
        case .form: return [SelectedContent(request, json: nil, form: request.form)]
        case .query: return [SelectedContent(request, json: nil, form: [])]
        case .json:
            guard let body = JSONValue(request.body) else { throw WebhookRefusal("the body is not JSON") }
            return try listed(in: body).map { SelectedContent(request, json: $0, form: []) }
        }
    }

    private func listed(in body: JSONValue) throws(WebhookRefusal) -> [JSONValue] {
        guard case .pointer(let path)? = rules.events else {
            if case .array(let events) = body { return events }
            return [body]
        }
        guard let list = body[path] else { throw WebhookRefusal("the body has no list where webhook.events says") }
        if case .array(let events) = list { return events }
        return [list]
    }

    private func report(_ event: SelectedContent, _ word: String, _ request: WebhookRequest) -> StatusReport {
        let kind: StatusReport.Kind =
            if let status = rules.statuses[word] {
                .status(status)
            } else if rules.engagements.contains(word) {
                .engagement(word)
            } else {
                .unknown(word)
            }
        return StatusReport(
            delivery: event.word(rules.delivery).flatMap { DeliveryID($0) }, providerMessageID: event.word(rules.id),
            kind: kind, occurredAt: time(event), code: event.word(rules.code), detail: event.word(rules.detail))
    }

    private func inboundMessage(_ event: SelectedContent) -> InboundMessage? {
        guard let inbound = rules.inbound, event.word(rules.status) == nil, let id = event.word(inbound.id),
            let sender = event.word(inbound.sender), let body = event.word(inbound.body)
        else { return nil }
        return InboundMessage(
            providerMessageID: id, sender: sender, recipient: event.word(inbound.recipient) ?? "", body: body,
            occurredAt: time(event), intent: ReplyKeyword.intent(of: body))
    }

    private func time(_ event: SelectedContent) -> Timestamp? {
        event.word(rules.time).flatMap { text in
            switch rules.timeFormat {
            case .rfc3339: Timestamp(rfc3339: text)
            case .seconds: Self.number(text).map { Timestamp(milliseconds: Int64($0 * 1000)) }
            case .milliseconds: Self.number(text).map { Timestamp(milliseconds: Int64($0)) }
            }
        }
    }

    /// Of a size that is a time.
    private static func number(_ text: String) -> Double? {
        Double(text).flatMap { (0...1e14).contains($0) ? $0 : nil }
    }
}

/// A channel whose provider reports nothing: whoever calls is refused.
struct NoWebhooks: WebhookParser, PromptWebhookVerifier {
    var verification: WebhookVerification { .scheme(self) }
    var name: String { "none: this channel takes no webhooks" }

    func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        .refused("this channel takes no webhooks: its declaration has no 'webhook'")
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        throw WebhookRefusal("this channel takes no webhooks")
    }
}
