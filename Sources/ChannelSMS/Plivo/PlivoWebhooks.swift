import ChannelSDK

/// Reads Plivo's status callbacks and its requests for inbound messages: both are forms, one event in each.
struct PlivoWebhooks: WebhookParser {
    let verification: WebhookVerification
    private let reportsSegments: Bool

    init(settings: PlivoSettings, host: ChannelHost) {
        verification = .scheme(PlivoSignature(key: settings.authToken, channel: host.channel, cache: host.cache))
        reportsSegments = settings.reportsSegments
    }

    /// Plivo reads the answer to an inbound message as its XML: an empty response sends nothing back.
    func acknowledgement(of request: WebhookRequest) -> WebhookReply {
        guard event(request).isInbound else { return WebhookReply() }
        return WebhookReply(contentType: "application/xml", body: Array("<Response></Response>".utf8))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let event = event(request)
        if event.isInbound { return WebhookContents(inbound: [try event.inboundMessage()]) }
        return WebhookContents(reports: [try event.report(delivery: request.delivery)])
    }

    private func event(_ request: WebhookRequest) -> PlivoEvent {
        PlivoEvent(request, reportsSegments: reportsSegments)
    }
}
