import ChannelSDK

/// Reads Mailgun's webhooks: JSON, one event in each, with its signature inside; and mails to us, which are forms.
struct MailgunWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(signingKey: Secret, host: ChannelHost) {
        verification = .scheme(MailgunSignature(key: signingKey, channel: host.channel, cache: host.cache))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        if let form = PostedForm(request) {
            return WebhookContents(inbound: [try MailgunInbound.message(form, request)])
        }
        guard let event = JSONValue(request.body)?["event-data"], let word = event["event"]?.text else {
            throw WebhookRefusal("event-data.event is missing: this is not a webhook of Mailgun")
        }
        let delivery = event["user-variables"]?[MailgunDelivery.correlationField]?.text.flatMap { DeliveryID($0) }
        let messageID = event["message"]?["headers"]?["message-id"]?.text.map(MailgunDelivery.withoutBrackets)
        guard delivery != nil || messageID != nil else {
            throw WebhookRefusal("the message-id is missing, and no variable names a delivery: whose event is it?")
        }
        let status = event["delivery-status"]
        return WebhookContents(
            reports: [
                StatusReport(
                    delivery: delivery, providerMessageID: messageID, kind: Self.kind(word, event),
                    occurredAt: event["timestamp"]?.moment, code: status?["code"]?.word,
                    detail: status?["message"]?.text ?? status?["description"]?.text ?? event["reason"]?.text,
                    eventID: event["id"]?.text)
            ], optOuts: Self.optOuts(word, event))
    }

    private static func optOuts(_ word: String, _ event: JSONValue) -> [OptOutReport] {
        let reasons: [String: OptOutReport.Reason] = ["complained": .complaint, "unsubscribed": .unsubscribe]
        guard let reason = reasons[word], let recipient = event["recipient"]?.text else { return [] }
        return [OptOutReport(.recipient(recipient), reason: reason, occurredAt: event["timestamp"]?.moment)]
    }

    private static func kind(_ word: String, _ event: JSONValue) -> StatusReport.Kind {
        switch word {
        case "accepted": .status(.queued)
        case "rejected": .status(.dropped)
        case "delivered": .status(.delivered)
        case "failed": failure(event)
        case "complained": .status(.complained)
        case "opened": .open
        case "clicked": .click
        case "unsubscribed": .unsubscribe
        default: .unknown(word)
        }
    }

    private static func failure(_ event: JSONValue) -> StatusReport.Kind {
        switch event["severity"]?.text {
        case "temporary"?: .status(.deferred)
        // On a suppression list: it was never handed over.
        case "permanent"? where event["reason"]?.text?.hasPrefix("suppress-") == true: .status(.dropped)
        case "permanent"?: .status(.bounced)
        case let severity: .unknown("failed \(severity ?? "")")
        }
    }
}
