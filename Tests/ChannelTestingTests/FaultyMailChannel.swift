import ChannelSDK

/// The same for a module that sends mail.
struct FaultyMailChannel: Channel {
    enum Fault: String, CaseIterable {
        case none, otherSender, otherMessage, otherServer, showsSecret, forgetsDelivery, acceptsAnything, echoes,
            unknownStatus
    }

    static let descriptor = FaultyChannel.descriptor
    static let statuses = FaultyChannel.statuses

    let delivery: any DeliveryClient
    let webhooks: any WebhookParser

    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        let fault = configuration.string("fault").flatMap(Fault.init(rawValue:)) ?? .none
        let key = try configuration.required(configuration.secret("key"), "key")
        delivery = FaultyMailDelivery(fault: fault, key: key)
        webhooks = FaultyWebhooks(fault: .none, key: key)
    }
}

struct FaultyMailDelivery: SMTPDeliveryClient {
    let fault: FaultyMailChannel.Fault
    let key: Secret

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] { [] }

    func submission(for message: OutboundMessage) -> SMTPSubmission {
        let name = fault == .forgetsDelivery ? "" : message.delivery.description
        let secret = fault == .showsSecret ? key.revealed : ""
        return SMTPSubmission(
            server: SMTPServer(host: fault == .otherServer ? "other.example" : "mx.example", port: 25),
            sender: fault == .otherSender ? "other@acme.example" : "me@acme.example",
            recipient: message.content.recipient,
            message: Array("\(fault == .otherMessage ? "" : message.content.body) \(name)\(secret)\r\n".utf8))
    }

    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome {
        guard reply.isAcceptance || (fault == .acceptsAnything && reply.stage == .recipient) else {
            return .rejected(DeliveryFailure(.other, code: "x", message: fault == .echoes ? reply.text : ""))
        }
        let status: StatusName = fault == .unknownStatus ? "shipped" : "sent"
        return .accepted(Acceptance(providerMessageID: "1", status: status))
    }
}
