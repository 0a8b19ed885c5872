import ChannelSDK

/// Reads Resend's webhooks: JSON, one event in each. Of a mail to us they say who wrote to whom and about what: the text is
/// only at Resend, under the id.
struct ResendWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(signature: StandardWebhooks) { verification = .scheme(signature) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let event = JSONValue(request.body), let word = event["type"]?.text else {
            throw WebhookRefusal("type is missing: this is not a webhook of Resend")
        }
        if word == "contact.updated" { return WebhookContents(optOuts: Self.unsubscribed(event)) }
        if word == "email.received" { return WebhookContents(inbound: [try Self.mail(event, request)]) }
        // Other contacts, and domains: nothing about a mail of ours.
        guard word.hasPrefix("email.") else { return WebhookContents() }
        let data = event["data"]
        let (delivery, messageID) = (Self.delivery(data?["tags"]), data?["email_id"]?.text)
        guard delivery != nil || messageID != nil else {
            throw WebhookRefusal("data.email_id is missing, and no tag names a delivery: whose event is it?")
        }
        let bounce = data?["bounce"]
        return WebhookContents(
            reports: [
                StatusReport(
                    delivery: delivery, providerMessageID: messageID, kind: Self.kind(word),
                    occurredAt: Self.time(of: event), code: bounce?["subType"]?.text ?? bounce?["type"]?.text,
                    detail: bounce?["message"]?.text ?? data?["failed"]?["reason"]?.text,
                    eventID: request.headers["svix-id"])
            ], optOuts: word == "email.complained" ? Self.complaints(event) : [])
    }

    private static func mail(_ event: JSONValue, _ request: WebhookRequest) throws(WebhookRefusal) -> InboundMessage {
        let data = event["data"]
        var mail = InboundMail()
        mail.id = data?["email_id"]?.text ?? data?["message_id"]?.text
        mail.sender = data?["from"]?.text
        mail.recipient = data?["to"]?.elements?.first?.text ?? data?["to"]?.text
        mail.subject = data?["subject"]?.text
        mail.sentAt = data?["created_at"]?.text.flatMap { Timestamp(rfc3339: $0) } ?? time(of: event)
        return try mail.message(in: request)
    }

    private static func time(of event: JSONValue) -> Timestamp? {
        event["created_at"]?.text.flatMap { Timestamp(rfc3339: $0) }
    }

    private static func complaints(_ event: JSONValue) -> [OptOutReport] {
        let to = event["data"]?["to"]
        return (to?.elements ?? to.map { [$0] } ?? []).compactMap(\.text)
            .map { OptOutReport(.recipient($0), reason: .complaint, occurredAt: time(of: event)) }
    }

    /// Any change of a contact comes so: that it is subscribed is nobody's word.
    private static func unsubscribed(_ event: JSONValue) -> [OptOutReport] {
        guard let contact = event["data"], contact["unsubscribed"] == .boolean(true),
            let recipient = contact["email"]?.text
        else { return [] }
        return [OptOutReport(.recipient(recipient), reason: .unsubscribe, occurredAt: time(of: event))]
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
