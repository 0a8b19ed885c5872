import ChannelSDK

/// Reads Resend's webhooks: JSON, one event in each.
struct ResendWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(signature: StandardWebhooks) { verification = .scheme(signature) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let event = JSONValue(request.body), let word = event["type"]?.text else {
            throw WebhookRefusal("type is missing: this is not a webhook of Resend")
        }
        // Contacts, domains, and mails to us: nothing about one of ours.
        guard word.hasPrefix("email."), word != "email.received" else { return WebhookContents() }
        let data = event["data"]
        let (delivery, messageID) = (Self.delivery(data?["tags"]), data?["email_id"]?.text)
        guard delivery != nil || messageID != nil else {
            throw WebhookRefusal("data.email_id is missing, and no tag names a delivery: whose event is it?")
        }
        let bounce = data?["bounce"]
        return WebhookContents(reports: [
            StatusReport(
                delivery: delivery, providerMessageID: messageID, kind: Self.kind(word),
                occurredAt: event["created_at"]?.text.flatMap { Timestamp(rfc3339: $0) },
                code: bounce?["subType"]?.text ?? bounce?["type"]?.text,
                detail: bounce?["message"]?.text ?? data?["failed"]?["reason"]?.text)
        ])
    }

    /// Tags come as an object; in older webhooks as they were sent, an array.
    private static func delivery(_ tags: JSONValue?) -> DeliveryID? {
        let named = tags?.elements?.first { $0["name"]?.text == DeliveryTag.name }?["value"]
        return (tags?[DeliveryTag.name] ?? named)?.text.flatMap { DeliveryTag.delivery($0) }
    }

    private static func kind(_ word: String) -> StatusReport.Kind {
        switch word {
        case "email.scheduled": .status(.queued)
        case "email.sent": .status(.sent)
        case "email.delivery_delayed": .status(.deferred)
        case "email.failed", "email.suppressed": .status(.dropped)
        case "email.delivered": .status(.delivered)
        case "email.bounced": .status(.bounced)
        case "email.complained": .status(.complained)
        case "email.opened": .open
        case "email.clicked": .click
        default: .unknown(word)
        }
    }
}
