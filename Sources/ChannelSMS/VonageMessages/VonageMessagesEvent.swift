import ChannelSDK

/// The JSON of one webhook. A field of an unexpected type is no field.
struct VonageMessagesEvent: Decodable {
    private let id, status, reference, channel, sender, recipient, text: String?
    private let timestamp: String?
    private let isMessage: Bool
    private let media: [String]
    private let problem: VonageProblem?

    private enum Key: String, CodingKey {
        case message_uuid, status, client_ref, channel, from, to, text, timestamp, message_type, error
        case image, audio, video, file, vcard
    }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        (id, status, reference) = (fields.text(.message_uuid), fields.text(.status), fields.text(.client_ref))
        (channel, sender, recipient) = (fields.text(.channel), fields.text(.from), fields.text(.to))
        (text, timestamp) = (fields.text(.text), fields.text(.timestamp))
        isMessage = fields.text(.message_type) != nil
        media = [Key.image, .audio, .video, .file, .vcard].compactMap {
            (try? fields.decodeIfPresent(Attachment.self, forKey: $0))?.url
        }
        problem = try? fields.decodeIfPresent(VonageProblem.self, forKey: .error)
    }

    /// False for another channel's (WhatsApp, Viber, …), which the account's webhook may bring too.
    var isOurs: Bool { ["sms", "mms", nil].contains(channel) }

    /// A status webhook has `status`; a message to us has a type.
    var isInbound: Bool { status == nil && isMessage }

    func report() throws(WebhookRefusal) -> StatusReport {
        guard let status else {
            throw WebhookRefusal("status is missing: this is neither a status webhook of Vonage nor a message")
        }
        let delivery = reference.flatMap { DeliveryID($0) }
        guard id != nil || delivery != nil else {
            throw WebhookRefusal("message_uuid is missing, and client_ref names no delivery: whose status is it?")
        }
        return StatusReport(
            delivery: delivery, providerMessageID: id,
            kind: VonageMessagesStatus(rawValue: status).map { .status($0.evidence) } ?? .unknown(status),
            occurredAt: time, code: problem?.code, detail: problem?.words)
    }

    func inboundMessage() throws(WebhookRefusal) -> InboundMessage {
        guard let id else { throw WebhookRefusal("message_uuid is missing: an inbound message needs one") }
        guard let sender, let recipient else {
            throw WebhookRefusal("from or to is missing: an inbound message needs both")
        }
        return InboundMessage(
            providerMessageID: id, sender: sender, recipient: recipient, body: text ?? "", media: media,
            occurredAt: time, intent: text.flatMap(ReplyKeyword.intent))
    }

    private var time: Timestamp? { timestamp.flatMap { Timestamp(dateAndTime: $0) } }

    private struct Attachment: Decodable {
        let url: String
    }
}
