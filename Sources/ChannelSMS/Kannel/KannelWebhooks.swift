import ChannelSDK

/// Reads Kannel's reports and the requests of its sms-service for inbound messages. Both are proved by the secret in the
/// address. The answer has no body: Kannel would send that back to the sender.
struct KannelWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(settings: KannelSettings) { verification = .scheme(SharedSecret(value: settings.webhookSecret)) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let event = KannelEvent(request)
        if event.isInbound { return WebhookContents(inbound: [try event.inboundMessage()]) }
        return WebhookContents(reports: [try event.report()])
    }
}
