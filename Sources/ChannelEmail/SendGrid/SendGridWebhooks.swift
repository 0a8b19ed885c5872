import ChannelSDK

/// Reads SendGrid's event webhook: a JSON array of events, of any mails; and mails to us.
struct SendGridWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(_ verification: SendGridVerification) { self.verification = .scheme(verification) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        if SendGridInbound.isMail(request) {
            return WebhookContents(inbound: [try SendGridInbound.message(request)])
        }
        guard let events = JSONValue(request.body)?.elements else {
            throw WebhookRefusal("the body is not a JSON array: this is not SendGrid's event webhook")
        }
        let reports = events.compactMap(Self.report)
        // Mails that were not sent by us have events too, but something must be readable.
        if reports.isEmpty, !events.isEmpty {
            throw WebhookRefusal("no event has a name and a message id: this is not SendGrid's event webhook")
        }
        return WebhookContents(reports: reports, optOuts: events.compactMap(Self.optOut))
    }

    /// Also of mails that were not sent by us: who wants nothing from the account wants nothing from us.
    private static func optOut(_ event: JSONValue) -> OptOutReport? {
        guard let recipient = event["email"]?.text else { return nil }
        let at = event["timestamp"]?.moment
        return switch event["event"]?.text {
        case "spamreport"?: OptOutReport(.recipient(recipient), reason: .complaint, occurredAt: at)
        case "unsubscribe"?, "group_unsubscribe"?:
            OptOutReport(.recipient(recipient), reason: .unsubscribe, occurredAt: at)
        case "group_resubscribe"?:
            OptOutReport(.recipient(recipient), isOptedOut: false, reason: .unsubscribe, occurredAt: at)
        default: nil
        }
    }

    private static func report(_ event: JSONValue) -> StatusReport? {
        guard let word = event["event"]?.text else { return nil }
        let delivery = event[SendGridDelivery.correlationField]?.text.flatMap { DeliveryID($0) }
        let messageID = event["sg_message_id"]?.text?.split(separator: ".").first.map(String.init)
        guard delivery != nil || messageID != nil else { return nil }
        return StatusReport(
            delivery: delivery, providerMessageID: messageID, kind: kind(word), occurredAt: event["timestamp"]?.moment,
            code: event["status"]?.word, detail: event["reason"]?.text ?? event["response"]?.text,
            eventID: event["sg_event_id"]?.text)
    }

    private static func kind(_ word: String) -> StatusReport.Kind {
        switch word {
        case "processed": .status(.sent)
        case "deferred": .status(.deferred)
        case "delivered": .status(.delivered)
        // Of type `bounce` or `blocked`: SendGrid tries neither again.
        case "bounce": .status(.bounced)
        case "dropped": .status(.dropped)
        case "spamreport": .status(.complained)
        case "open": .open
        case "click": .click
        case "unsubscribe", "group_unsubscribe": .unsubscribe
        case "group_resubscribe": .engagement("resubscribe")
        default: .unknown(word)
        }
    }
}
