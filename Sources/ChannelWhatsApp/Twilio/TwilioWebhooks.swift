import ChannelSDK

/// Reads Twilio's status callbacks and its requests for inbound messages: both are forms, one event in each.
struct TwilioWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(authToken: Secret) {
        verification = .scheme(URLFormSignature(header: "X-Twilio-Signature", key: authToken))
    }

    /// Twilio reads the answer to an inbound message as TwiML: an empty response sends nothing back.
    func acknowledgement(of request: WebhookRequest) -> WebhookReply {
        guard TwilioEvent(request).isInbound else { return WebhookReply() }
        return WebhookReply(contentType: "text/xml", body: Array("<Response/>".utf8))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let event = TwilioEvent(request)
        if event.isInbound { return WebhookContents(inbound: [try event.inboundMessage()]) }
        return WebhookContents(reports: [try event.report(delivery: request.delivery)])
    }
}
