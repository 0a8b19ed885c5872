import ChannelSDK

/// One webhook of the SMS API: a delivery receipt or a message to us.
struct VonageSMSEvent {
    private let fields: FormFields

    init(_ request: WebhookRequest) { fields = VonageFields(request).fields }

    /// A receipt has `status`; a message to us has a type and mostly a text.
    var isInbound: Bool { fields["status"] == nil && (fields["text"] != nil || fields["type"] != nil) }

    /// In a receipt `to` is our sender, and `msisdn` the recipient.
    func report() throws(WebhookRefusal) -> StatusReport {
        guard let word = fields["status"] else {
            throw WebhookRefusal("status is missing: this is neither a delivery receipt of Vonage nor a message")
        }
        let id = fields["messageId"]
        let reference = fields["client-ref"].flatMap { VonageClientReference($0) }
        guard id != nil || reference != nil else {
            throw WebhookRefusal("messageId is missing, and client-ref names no delivery: whose status is it?")
        }
        let count = reference.flatMap { $0.segments > 1 ? $0.segments : nil }
        let code = fields["err-code"].flatMap { $0 == "0" ? nil : $0 }
        let status = VonageSMSStatus(rawValue: word)
        let reasons = [status?.reason, code.flatMap(VonageReceiptCode.title)].compactMap(\.self)
        return StatusReport(
            delivery: reference?.delivery, providerMessageID: id,
            kind: status.map { .status($0.evidence) } ?? .unknown(word),
            occurredAt: time, code: code, detail: reasons.isEmpty ? nil : reasons.joined(separator: ": "),
            part: count == nil ? nil : id, partCount: count)
    }

    /// A long message comes in parts, each a message by itself; only a message of one part can be a keyword.
    func inboundMessage() throws(WebhookRefusal) -> InboundMessage {
        guard let id = fields["messageId"] else {
            throw WebhookRefusal("messageId is missing: an inbound message needs one")
        }
        guard let sender = fields["msisdn"], let recipient = fields["to"] else {
            throw WebhookRefusal("msisdn or to is missing: an inbound message needs both")
        }
        let text = fields["text"] ?? ""
        return InboundMessage(
            providerMessageID: id, sender: sender, recipient: recipient, body: text, occurredAt: time,
            intent: fields["concat"] == "true" ? nil : ReplyKeyword.intent(of: text))
    }

    /// When Vonage first sent the webhook, in UTC.
    private var time: Timestamp? { fields["message-timestamp"].flatMap { Timestamp(dateAndTime: $0) } }
}
