import ChannelSDK

/// The public event `message.inbound`: somebody wrote to us.
struct InboundEvent {
    let message: InboundMessage
    let webhook: ReceivedWebhook

    init(_ message: InboundMessage, _ webhook: ReceivedWebhook) {
        self.message = message
        self.webhook = webhook
    }

    func append(to batch: inout RecordBatch) {
        let channel = webhook.channel ?? ""
        let event = CloudEvent(
            id: "\(channel)/\(message.providerMessageID)", type: .inbound, subject: message.sender,
            time: webhook.request.receivedAt)
        event.append(to: &batch, key: nil) { data in
            data.member("channel", channel)
            data.member("providerMessageId", message.providerMessageID)
            data.member("from", message.sender)
            data.member("to", message.recipient)
            data.member("subject", message.subject)
            data.member("body", message.body)
            data.member("media", message.media)
            data.member("intent", message.intent?.rawValue)
            data.member("occurredAt", message.occurredAt?.description)
            data.member("receivedAt", webhook.request.receivedAt.description)
        }
    }
}
