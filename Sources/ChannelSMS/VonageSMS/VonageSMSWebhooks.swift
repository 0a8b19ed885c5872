import ChannelSDK

/// Reads the delivery receipts of Vonage's SMS API and its requests for inbound messages, one event in each.
struct VonageSMSWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(settings: VonageSMSSettings) {
        verification = .scheme(VonageSignature(key: settings.signatureSecret, method: settings.signatureMethod))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let event = VonageSMSEvent(request)
        if event.isInbound { return WebhookContents(inbound: [try event.inboundMessage()]) }
        return WebhookContents(reports: [try event.report()])
    }
}
