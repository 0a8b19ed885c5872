import ChannelSDK

/// Reads Postmark's webhooks: JSON, one event, or one mail to us, in each.
struct PostmarkWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(settings: PostmarkSettings) {
        if let networks = settings.allowedAddresses {
            verification = .scheme(CombinedVerification([AllowedAddresses(networks), settings.webhookCredentials]))
        } else {
            verification = .scheme(settings.webhookCredentials)
        }
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let event = JSONValue(request.body)
        if let event, Self.isMail(event) { return WebhookContents(inbound: [try Self.mail(event, request)]) }
        guard let event, let word = event["RecordType"]?.text else {
            throw WebhookRefusal("RecordType is missing: this is not a webhook of Postmark")
        }
        let delivery = event["Metadata"]?[PostmarkDelivery.correlationField]?.text.flatMap { DeliveryID($0) }
        let messageID = event["MessageID"]?.text
        guard delivery != nil || messageID != nil else {
            throw WebhookRefusal("MessageID is missing, and the metadata name no delivery: whose event is it?")
        }
        let isBounce = word == "Bounce" || word == "SpamComplaint"
        return WebhookContents(
            reports: [
                StatusReport(
                    delivery: delivery, providerMessageID: messageID, kind: Self.kind(word, event),
                    occurredAt: Self.time(of: event), code: isBounce ? event["Type"]?.text : nil,
                    detail: isBounce ? event["Details"]?.text ?? event["Description"]?.text : nil)
            ], optOuts: Self.optOut(word, event).map { [$0] } ?? [])
    }

    /// A mail to us need not say what it is.
    private static func isMail(_ event: JSONValue) -> Bool {
        guard let word = event["RecordType"]?.text else {
            return event["FromFull"] != nil || event["OriginalRecipient"] != nil
        }
        return word == "Inbound"
    }

    private static func mail(_ event: JSONValue, _ request: WebhookRequest) throws(WebhookRefusal) -> InboundMessage {
        var mail = InboundMail()
        mail.id = event["MessageID"]?.text
        mail.sender = event["FromFull"]?["Email"]?.text ?? event["From"]?.text
        let to = event["OriginalRecipient"]?.text ?? event["ToFull"]?.elements?.first?["Email"]?.text
        mail.recipient = to ?? event["To"]?.text
        mail.subject = event["Subject"]?.text
        mail.text = event["TextBody"]?.text ?? event["StrippedTextReply"]?.text
        mail.html = event["HtmlBody"]?.text
        mail.sentAt = event["Date"]?.text.flatMap { Timestamp(rfc5322: $0) }
        return try mail.message(in: request)
    }

    private static func time(of event: JSONValue) -> Timestamp? {
        let times = ["DeliveredAt", "BouncedAt", "ReceivedAt", "ChangedAt"]
        return times.lazy.compactMap { event[$0]?.text.flatMap { Timestamp(rfc3339: $0) } }.first
    }

    /// What recipients said, not what Postmark or the account's owner did: an address that is suppressed because it bounced
    /// comes back without anybody's word, and so does one that the owner reactivates.
    private static func optOut(_ word: String, _ event: JSONValue) -> OptOutReport? {
        let (type, at) = (event["Type"]?.text, time(of: event))
        guard let recipient = (event["Email"] ?? event["Recipient"])?.text else { return nil }
        if word == "SpamComplaint" || (word == "Bounce" && type == "SpamComplaint") {
            return OptOutReport(.recipient(recipient), reason: .complaint, occurredAt: at)
        }
        if word == "Bounce", type == "Unsubscribe" {
            return OptOutReport(.recipient(recipient), reason: .unsubscribe, occurredAt: at)
        }
        guard word == "SubscriptionChange" else { return nil }
        let isRecipients = event["Origin"]?.text == "Recipient"
        switch (event["SuppressSending"], event["SuppressionReason"]?.text) {
        case (.boolean(true)?, "SpamComplaint"?):
            return OptOutReport(.recipient(recipient), reason: .complaint, occurredAt: at)
        case (.boolean(true)?, "ManualSuppression"?) where isRecipients:
            return OptOutReport(.recipient(recipient), reason: .unsubscribe, occurredAt: at)
        case (.boolean(false)?, _) where isRecipients:
            return OptOutReport(.recipient(recipient), isOptedOut: false, reason: .unsubscribe, occurredAt: at)
        default: return nil
        }
    }

    private static func kind(_ word: String, _ event: JSONValue) -> StatusReport.Kind {
        switch word {
        case "Delivery": .status(.delivered)
        case "SpamComplaint": .status(.complained)
        case "Bounce": bounce(event["Type"]?.text ?? "")
        case "Open": .open
        case "Click": .click
        case "SubscriptionChange":
            if event["SuppressSending"] == .boolean(false) {
                .engagement("resubscribe")
            } else {
                event["SuppressionReason"]?.text == "HardBounce" ? .engagement("suppressed") : .unsubscribe
            }
        default: .unknown(word)
        }
    }

    private static func bounce(_ type: String) -> StatusReport.Kind {
        switch type {
        // Postmark does not try a soft bounce again, so it is the end of this mail, if not of the address.
        case "HardBounce", "SoftBounce", "BadEmailAddress", "SpamNotification", "VirusNotification", "Blocked",
            "DMARCPolicy", "SMTPApiError", "ManuallyDeactivated", "Unconfirmed", "InboundError", "Unknown":
            .status(.bounced)
        case "Transient", "DnsError": .status(.deferred)
        case "SpamComplaint": .status(.complained)
        case "TemplateRenderingFailed": .status(.dropped)
        // Answers of people and of their machines: whether the mail arrived is not their subject.
        case "Unsubscribe": .unsubscribe
        default: .unknown(type.isEmpty ? "Bounce" : type)
        }
    }
}
