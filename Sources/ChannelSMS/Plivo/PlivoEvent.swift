import ChannelSDK

/// The form of one webhook.
struct PlivoEvent {
    private let fields: FormFields
    private let reportsSegments: Bool

    init(_ request: WebhookRequest, reportsSegments: Bool) {
        fields = FormFields(request)
        self.reportsSegments = reportsSegments
    }

    /// Our name for a segment, from 1. Callbacks number the segments, while the answer to the send names the message
    /// only.
    static func part(_ number: Int, of message: String) -> String { "\(message)/\(number)" }

    /// A callback has `Status`; a message to us has a text or media.
    var isInbound: Bool {
        fields["Status"] == nil
            && (fields["Text"] != nil || fields["Body"] != nil || fields["Type"] != nil || !media.isEmpty)
    }

    func report(delivery: DeliveryID?) throws(WebhookRefusal) -> StatusReport {
        guard let word = fields["Status"] else {
            throw WebhookRefusal("Status is missing: this is neither a callback of Plivo nor a message")
        }
        // All segments of a message have the same parent, which is what the answer to the send named.
        let message = fields["ParentMessageUUID"] ?? fields["MessageUUID"]
        guard message != nil || delivery != nil else {
            throw WebhookRefusal("MessageUUID is missing, and the address names no delivery: whose status is it?")
        }
        let part = message.flatMap(part)
        // 000 stands for no error.
        let code = fields["ErrorCode"].flatMap { $0.utf8.allSatisfy { $0 == UInt8(ascii: "0") } ? nil : $0 }
        return StatusReport(
            delivery: delivery, providerMessageID: message,
            kind: PlivoStatus(rawValue: word).map { .status($0.evidence) } ?? .unknown(word), code: code,
            detail: fields["ErrorMessage"] ?? code.flatMap(PlivoErrorCode.title), part: part?.name,
            partCount: part?.count)
    }

    func inboundMessage() throws(WebhookRefusal) -> InboundMessage {
        guard let id = fields["MessageUUID"] else {
            throw WebhookRefusal("MessageUUID is missing: an inbound message needs one")
        }
        guard let sender = fields["From"], let recipient = fields["To"] else {
            throw WebhookRefusal("From or To is missing: an inbound message needs both")
        }
        return InboundMessage(
            providerMessageID: id, sender: sender, recipient: recipient, body: text, media: media, intent: intent)
    }

    private var text: String { fields["Text"] ?? fields["Body"] ?? "" }

    /// Plivo says itself what it took a message for, where it manages opt-outs.
    private var intent: InboundMessage.Intent? {
        switch fields["MessageIntent"] {
        case "optout": .optOut
        case "optin": .optIn
        case "help": .help
        default: ReplyKeyword.intent(of: text)
        }
    }

    private var media: [String] { fields.numbered("Media") }

    /// `PartInfo` is `1 of 2`. A message of one segment is a whole.
    private func part(of message: String) -> (name: String, count: Int)? {
        guard reportsSegments, let info = fields["PartInfo"] else { return nil }
        let words = info.split(separator: " ")
        guard words.count == 3, words[1] == "of", let number = Int(words[0]), let count = Int(words[2]), count > 1,
            (1...count).contains(number)
        else { return nil }
        return (Self.part(number, of: message), count)
    }
}
