import ChannelSDK

/// One webhook: a report to the address that the send gave, or a message to us by the `post-url` or `get-url` of the group
/// sms-service, e.g.
/// `PUBLIC_URL/webhooks/NAME?secret=…&id=%I&from=%p&to=%P&ts=%T&coding=%c`, and `&text=%b` in a `get-url`.
struct KannelEvent {
    private let items: FormFields
    private let request: WebhookRequest

    init(_ request: WebhookRequest) {
        self.request = request
        items = FormFields(pairs: request.queryItems)
    }

    var isInbound: Bool { items["status"] == nil && items["from"] != nil }

    func report() throws(WebhookRefusal) -> StatusReport {
        guard let status = items["status"] else {
            throw WebhookRefusal("status is missing: this is neither a report of Kannel nor a message")
        }
        guard let delivery = request.delivery else {
            throw WebhookRefusal("the address names no delivery: whose status is it?")
        }
        let kind = Int(status).flatMap(KannelStatus.init(rawValue:))
        return StatusReport(
            delivery: delivery, kind: kind.map { .status($0.evidence) } ?? .unknown(status), occurredAt: time,
            code: code, detail: words)
    }

    func inboundMessage() throws(WebhookRefusal) -> InboundMessage {
        guard let id = items["id"] else { throw WebhookRefusal("id is missing: an inbound message needs one") }
        guard let sender = items["from"], let recipient = items["to"] else {
            throw WebhookRefusal("from or to is missing: an inbound message needs both")
        }
        let text = text
        return InboundMessage(
            providerMessageID: id, sender: sender, recipient: recipient, body: text, occurredAt: time,
            intent: ReplyKeyword.intent(of: text))
    }

    private var time: Timestamp? { items["ts"].flatMap { Int64($0) }.map { Timestamp(seconds: $0) } }

    /// Kannel hands text on in UTF-8, and what came as UCS-2 as it came: in UTF-16, the higher byte first.
    private var text: String {
        let bytes = request.method == "GET" ? Self.bytes(of: "text", in: request.query) : request.body
        guard items["coding"] == "2" else { return String(decoding: bytes, as: UTF8.self) }
        let units = stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
        return String(decoding: units, as: UTF16.self)
    }

    /// The SMSC's words, e.g. `NACK/0x0000000b/Invalid Destination Address`, or an SMPP receipt without the text that it
    /// repeats. A bare `ACK/` says nothing.
    private var words: String? {
        guard let answer = items["answer"], answer != "ACK/" else { return nil }
        let repeated = answer.firstRange(of: " text:") ?? answer.firstRange(of: " Text:")
        let end = repeated?.lowerBound ?? answer.endIndex
        return String(answer[..<end].prefix(500))
    }

    /// The SMPP status of a refusal, or what a receipt has behind `err:` where that is not zero.
    private var code: String? {
        guard let words else { return nil }
        if words.hasPrefix("NACK/") { return words.dropFirst(5).split(separator: "/").first.map(String.init) }
        let fields = words.split(separator: " ").filter { $0.hasPrefix("err:") }
        guard let code = fields.first?.dropFirst(4), code.contains(where: { $0 != "0" }) else { return nil }
        return String(code)
    }

    /// A value of the query as bytes, which need not be UTF-8.
    private static func bytes(of name: String, in query: Substring) -> [UInt8] {
        guard let item = query.split(separator: "&").first(where: { $0.hasPrefix(name + "=") }) else { return [] }
        let encoded = Array(item.utf8.dropFirst(name.utf8.count + 1))
        var (bytes, index) = ([UInt8](), 0)
        while index < encoded.count {
            let digits = String(decoding: encoded[(index + 1)...].prefix(2), as: UTF8.self)
            if encoded[index] == UInt8(ascii: "%"), digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit),
                let byte = UInt8(digits, radix: 16)
            {
                bytes.append(byte)
                index += 3
            } else {
                bytes.append(encoded[index] == UInt8(ascii: "+") ? UInt8(ascii: " ") : encoded[index])
                index += 1
            }
        }
        return bytes
    }
}
