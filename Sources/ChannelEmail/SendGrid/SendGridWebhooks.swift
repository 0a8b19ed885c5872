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
        var (contents, unreadable) = (WebhookContents(), 0)
        for event in events {
            let (report, optOut) = (Self.report(event), Self.optOut(event))
            if report == nil, optOut == nil { unreadable += 1 }
            if let report { contents.reports.append(report) }
            if let optOut { contents.optOuts.append(optOut) }
        }
        guard unreadable > 0 else { return contents }
        // Mails that were not sent by us have events too, but something must be readable.
        if unreadable == events.count {
            throw WebhookRefusal("no event has a name and a message id: this is not SendGrid's event webhook")
        }
        // They must not cost those beside them: one report that names no delivery stands for them, and takes a copy of the
        // request to the dead letters.
        contents.reports.append(
            StatusReport(
                kind: .unknown("unreadable"), detail: "\(unreadable) of \(events.count) events can't be read"))
        return contents
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
