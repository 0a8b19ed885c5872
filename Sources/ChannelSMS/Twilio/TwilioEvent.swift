import ChannelSDK

/// The form of one webhook.
struct TwilioEvent {
    private let fields: [FormEncoding.Pair]

    /// Twilio calls with POST; with GET, where somebody set that up, the same pairs are in the query.
    init(_ request: WebhookRequest) {
        fields = request.method == "GET" ? request.queryItems : request.form
    }

    /// A status callback has `MessageStatus`; a message to us has `SmsStatus=received` only.
    var isInbound: Bool { word.flatMap { TwilioStatus($0) }?.isInbound ?? false }

    func reports(delivery: DeliveryID?) throws(WebhookRefusal) -> [StatusReport] {
        guard let word else {
            throw WebhookRefusal("MessageStatus is missing: this is not a status callback of Twilio")
        }
        guard messageID != nil || delivery != nil else {
            throw WebhookRefusal("MessageSid is missing, and the address names no delivery: whose status is it?")
        }
        let report = StatusReport(
            delivery: delivery, providerMessageID: messageID, kind: .unknown(word), occurredAt: receiptTime,
            code: self["ErrorCode"], detail: detail)
        guard let status = TwilioStatus(word), let evidence = status.evidence else { return [report] }
        var kinds = [StatusReport.Kind.status(evidence)]
        if status == .read { kinds.append(.engagement("read")) }
        return kinds.map { kind in
            var one = report
            one.kind = kind
            return one
        }
    }

    func inboundMessage() throws(WebhookRefusal) -> InboundMessage {
        guard let messageID else { throw WebhookRefusal("MessageSid is missing: an inbound message needs one") }
        guard let sender = self["From"], let recipient = self["To"] else {
            throw WebhookRefusal("From or To is missing: an inbound message needs both")
        }
        return InboundMessage(
            providerMessageID: messageID, sender: sender, recipient: recipient, body: self["Body"] ?? "", media: media,
            intent: intent)
    }

    /// Where Twilio manages opt-outs (Advanced Opt-Out), it says itself what it took the message for.
    private var intent: InboundMessage.Intent? {
        switch self["OptOutType"] {
        case "STOP": .optOut
        case "START": .optIn
        case "HELP": .help
        default: ReplyKeyword.intent(of: self["Body"] ?? "")
        }
    }

    private var word: String? { self["MessageStatus"] ?? self["SmsStatus"] }

    private var messageID: String? { self["MessageSid"] ?? self["SmsSid"] }

    /// What the code means, in Twilio's words where it sends them, else in ours.
    private var detail: String? {
        let code = self["ErrorCode"].flatMap { Int($0) }
        return self["ErrorMessage"] ?? self["ChannelStatusMessage"] ?? code.flatMap { TwilioErrorCode.known($0)?.title }
    }

    /// `MediaUrl0`, `MediaUrl1` and so on, as many as there are: `NumMedia` is not needed to find them.
    private var media: [String] {
        var found: [(number: Int, url: String)] = []
        for field in fields where field.name.utf8.starts(with: "MediaUrl".utf8) && !field.value.isEmpty {
            if let number = Int(field.name.dropFirst(8)), number >= 0 { found.append((number, field.value)) }
        }
        return found.sorted { $0.number < $1.number }.map(\.url)
    }

    /// `RawDlrDoneDate`: the carrier's time of a final status, `YYMMDDhhmm` in UTC.
    private var receiptTime: Timestamp? {
        guard let text = self["RawDlrDoneDate"], text.utf8.count == 10 else { return nil }
        guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        let digits = text.utf8.map { Int($0) - 48 }
        let pairs = stride(from: 0, to: 10, by: 2).map { digits[$0] * 10 + digits[$0 + 1] }
        return Timestamp(year: 2000 + pairs[0], month: pairs[1], day: pairs[2], hour: pairs[3], minute: pairs[4])
    }

    /// The first field of that name with a value.
    private subscript(name: String) -> String? {
        fields.first { $0.name == name && !$0.value.isEmpty }?.value
    }
}
