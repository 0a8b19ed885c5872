import ChannelSDK

/// Reads the status webhooks of Vonage's Messages API and its requests for inbound messages: JSON, one event in each.
struct VonageMessagesWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(settings: VonageMessagesSettings) {
        verification = .scheme(VonageMessagesSignature(key: settings.signatureSecret, apiKey: settings.apiKey))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let event = UntrustedJSON.decode(VonageMessagesEvent.self, from: request.body) else {
            throw WebhookRefusal("the body is not a JSON object")
        }
        guard event.isOurs else { return WebhookContents() }
        if event.isInbound { return WebhookContents(inbound: [try event.inboundMessage()]) }
        return WebhookContents(reports: [try event.report()])
    }
}
