import ChannelSDK

/// Reads SES's events as SNS sends them: JSON whose `Message` is JSON once more, one event, or one mail to us, in each.
struct SESWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(settings: SESSettings, host: ChannelHost) {
        verification = .scheme(
            SNSSignature(
                topicARN: settings.topicARN, endpoint: settings.sns, transport: host.transport, cache: host.cache))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let envelope = JSONValue(request.body), let type = envelope["Type"]?.text else {
            throw WebhookRefusal("Type is missing: this is not a message of SNS")
        }
        // A subscription is confirmed once its message is verified: there is nothing in it for anybody else.
        guard type == "Notification" else { return WebhookContents() }
        guard let event = envelope["Message"]?.text.flatMap({ JSONValue(Array($0.utf8)) }),
            let word = event["eventType"]?.text ?? event["notificationType"]?.text
        else {
            // SES sends a greeting in plain words when a topic is set up.
            if envelope["Message"]?.text?.hasPrefix("Successfully validated SNS topic") == true {
                return WebhookContents()
            }
            throw WebhookRefusal("Message is not an event of SES")
        }
        if word == "Received" { return WebhookContents(inbound: [try SESInbound.message(event, request)]) }
        let tag = event["mail"]?["tags"]?[DeliveryTag.name]?.elements?.first?.text
        let (delivery, messageID) = (tag.flatMap { DeliveryTag.delivery($0) }, event["mail"]?["messageId"]?.text)
        guard delivery != nil || messageID != nil else {
            throw WebhookRefusal("mail.messageId is missing, and no tag names a delivery: whose event is it?")
        }
        var report = Self.report(word, event)
        (report.delivery, report.providerMessageID) = (delivery, messageID)
        // SNS's: the same each time it tries.
        report.eventID = envelope["MessageId"]?.text
        return WebhookContents(reports: [report], optOuts: Self.optOuts(word, event))
    }

    private static func optOuts(_ word: String, _ event: JSONValue) -> [OptOutReport] {
        switch word {
        case "Complaint": complaints(event["complaint"])
        case "Subscription": subscription(event["subscription"], event["mail"]?["destination"])
        default: []
        }
    }

    /// SES names everybody of the mail at the server that complained: our mails have one recipient.
    private static func complaints(_ complaint: JSONValue?) -> [OptOutReport] {
        guard kind("Complaint", complaint) == .status(.complained) else { return [] }
        let at = complaint?["timestamp"]?.text.flatMap { Timestamp(rfc3339: $0) }
        return (complaint?["complainedRecipients"]?.elements ?? []).compactMap { $0["emailAddress"]?.text }
            .map { OptOutReport(.recipient($0), reason: .complaint, occurredAt: at) }
    }

    /// A topic of a contact list is not ours to know: all or nothing counts.
    private static func subscription(_ change: JSONValue?, _ destination: JSONValue?) -> [OptOutReport] {
        let (new, old) = (change?["newTopicPreferences"], change?["oldTopicPreferences"])
        let isOut = new?["unsubscribeAll"] == .boolean(true)
        guard isOut || old?["unsubscribeAll"] == .boolean(true) else { return [] }
        let at = change?["timestamp"]?.text.flatMap { Timestamp(rfc3339: $0) }
        return (destination?.elements ?? []).compactMap(\.text)
            .map { OptOutReport(.recipient($0), isOptedOut: isOut, reason: .unsubscribe, occurredAt: at) }
    }

    private static func report(_ word: String, _ event: JSONValue) -> StatusReport {
        let part = event[word == "DeliveryDelay" ? "deliveryDelay" : word.lowercased()]
        let recipients = part?["bouncedRecipients"] ?? part?["delayedRecipients"]
        let first = recipients?.elements?.first
        let time = part?["timestamp"] ?? (word == "Send" ? event["mail"]?["timestamp"] : nil)
        return StatusReport(
            kind: kind(word, part), occurredAt: time?.text.flatMap { Timestamp(rfc3339: $0) },
            code: first?["status"]?.text ?? part?["bounceSubType"]?.text ?? part?["complaintFeedbackType"]?.text,
            detail: first?["diagnosticCode"]?.text ?? part?["reason"]?.text ?? part?["smtpResponse"]?.text
                ?? event["failure"]?["errorMessage"]?.text)
    }

    private static func kind(_ word: String, _ part: JSONValue?) -> StatusReport.Kind {
        let isSuppressed =
            ["Suppressed", "OnAccountSuppressionList"]
            .contains(part?["bounceSubType"]?.text ?? part?["complaintSubType"]?.text ?? "")
        return switch word {
        case "Send": .status(.sent)
        case "DeliveryDelay": .status(.deferred)
        case "Reject", "Rendering Failure": .status(.dropped)
        // Also of type `Transient`: SES reports it when it has given up.
        case "Bounce": .status(isSuppressed ? .dropped : .bounced)
        case "Delivery": .status(.delivered)
        // The recipient took it out of their spam.
        case "Complaint" where part?["complaintFeedbackType"]?.text == "not-spam": .engagement("not_spam")
        case "Complaint": .status(isSuppressed ? .dropped : .complained)
        case "Open": .open
        case "Click": .click
        case "Subscription": .unsubscribe
        default: .unknown(word)
        }
    }
}
