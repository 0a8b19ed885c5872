import ChannelSDK

/// Reads Kannel's reports and the requests of its sms-service for inbound messages. Both are proved by the secret in the
/// address, by where they come from, or by both. The answer has no body: Kannel would send that back to the sender.
struct KannelWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(settings: KannelSettings) {
        var proofs: [any WebhookVerifier] = []
        if let networks = settings.allowedAddresses { proofs.append(AllowedAddresses(networks)) }
        if let secret = settings.webhookSecret { proofs.append(SharedSecret(value: secret)) }
        verification =
            switch proofs.count {
            case 0: .none(reason: "Kannel signs nothing, and neither webhook_secret nor allowed_addresses is set")
            case 1: .scheme(proofs[0])
            default: .scheme(CombinedVerification(proofs))
            }
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let event = KannelEvent(request)
        if event.isInbound { return WebhookContents(inbound: [try event.inboundMessage()]) }
        return WebhookContents(reports: [try event.report()])
    }
}
