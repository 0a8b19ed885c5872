import ChannelSDK

/// The form of one webhook.
struct TwilioEvent {
    private let fields: [FormEncoding.Pair]

    /// Twilio calls with POST; with GET, where somebody set that up, the same pairs are in the query.
    init(_ request: WebhookRequest) {
        fields = request.method == "GET" ? request.queryItems : request.form
    }

    /// A status callback has `MessageStatus`; a message to us has `SmsStatus=received` only.
    var isInbound: Bool { word.flatMap { TwilioStatus(rawValue: $0) }?.isInbound ?? false }

    func report(delivery: DeliveryID?) throws(WebhookRefusal) -> StatusReport {
        guard let word else {
            throw WebhookRefusal("MessageStatus is missing: this is not a status callback of Twilio")
        }
        guard messageID != nil || delivery != nil else {
            throw WebhookRefusal("MessageSid is missing, and the address names no delivery: whose status is it?")
        }
        let evidence = TwilioStatus(rawValue: word)?.evidence
        return StatusReport(
            delivery: delivery, providerMessageID: messageID,
            kind: evidence.map(StatusReport.Kind.status) ?? .unknown(word), code: self["ErrorCode"], detail: detail)
    }

    func inboundMessage() throws(WebhookRefusal) -> InboundMessage {
        guard let messageID else { throw WebhookRefusal("MessageSid is missing: an inbound message needs one") }
        guard let sender = self["From"], let recipient = self["To"] else {
            throw WebhookRefusal("From or To is missing: an inbound message needs both")
        }
        let text = self["Body"] ?? self["ButtonText"]
        return InboundMessage(
            providerMessageID: messageID, sender: TwilioAddress.number(sender),
            recipient: TwilioAddress.number(recipient), body: text ?? location ?? "", media: media,
            intent: intent(of: text))
    }

    /// Where Twilio manages opt-outs (Advanced Opt-Out), it says itself what it took the message for.
    private func intent(of text: String?) -> InboundMessage.Intent? {
        switch self["OptOutType"] {
        case "STOP": .optOut
        case "START": .optIn
        case "HELP": .help
        // A button that says "Yes" answers a question of ours.
        default: self["ButtonText"] == nil ? text.flatMap(ReplyKeyword.intent) : nil
        }
    }

    private var word: String? { self["MessageStatus"] ?? self["SmsStatus"] }

    private var messageID: String? { self["MessageSid"] ?? self["SmsSid"] }

    /// What the code means, in Twilio's words where it sends them, else in ours.
    private var detail: String? {
        let words = self["ErrorMessage"] ?? self["ChannelStatusMessage"]
        let known = self["ErrorCode"].flatMap { Int($0) }.flatMap(TwilioErrorCodes.known)
        return known?.explanation(words, remedy: TwilioErrorCodes.remedy) ?? words
    }

    private var location: String? {
        guard let latitude = self["Latitude"], let longitude = self["Longitude"] else { return nil }
        return "\(latitude),\(longitude)"
    }

    /// `MediaUrl0`, `MediaUrl1` and so on, as many as there are: `NumMedia` is not needed to find them.
    private var media: [String] {
        var found: [(number: Int, url: String)] = []
        for field in fields where field.name.utf8.starts(with: "MediaUrl".utf8) && !field.value.isEmpty {
            if let number = Int(field.name.dropFirst(8)), number >= 0 { found.append((number, field.value)) }
        }
        return found.sorted { $0.number < $1.number }.map(\.url)
    }

    /// The first field of that name with a value.
    private subscript(name: String) -> String? {
        fields.first { $0.name == name && !$0.value.isEmpty }?.value
    }
}
