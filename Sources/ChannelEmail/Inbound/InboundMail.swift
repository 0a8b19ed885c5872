import ChannelSDK
import Crypto

/// A mail to us, as it becomes an inbound message: who wrote to whom, the subject, and the beginning of the text.
///
/// What it asks for is not looked at: anybody can write anybody's name on a mail, so that nobody is opted out by one.
struct InboundMail {
    /// The provider's, else the mail's own `Message-ID`.
    var id: String?
    /// Addresses, with or without names.
    var sender: String?
    var recipient: String?
    var subject: String?
    var text: String?
    /// Where there is no text.
    var html: String?
    /// Where the mail itself lies, for those who may fetch it there.
    var place: String?
    var sentAt: Timestamp?

    /// Bytes of the text that an event carries.
    static let mostText = 32 << 10

    init() {}

    /// A whole mail.
    init(_ mail: MailEntity) {
        id = mail["message-id"]
        sender = mail["from"] ?? mail["return-path"]
        recipient = ["delivered-to", "x-original-to", "to"].lazy.compactMap { mail[$0] }.first
        subject = mail["subject"]
        sentAt = mail["date"].flatMap { Timestamp(rfc5322: $0) }
        let words = MailText(mail)
        (text, html) = (words.plain, words.html)
    }

    /// - Parameter request: names the mail where it has no id: the same again is the same mail.
    func message(in request: WebhookRequest) throws(WebhookRefusal) -> InboundMessage {
        guard let sender = sender.map(Self.address), !sender.isEmpty else {
            throw WebhookRefusal("the mail names nobody who wrote it")
        }
        guard let recipient = recipient.map(Self.address), !recipient.isEmpty else {
            throw WebhookRefusal("the mail names nobody whom it is for")
        }
        return InboundMessage(
            providerMessageID: Self.id(id) ?? Self.hash(request.body), sender: sender, recipient: recipient,
            body: Self.cut(text ?? html ?? "", Self.mostText), media: place.map { [$0] } ?? [], occurredAt: sentAt,
            subject: subject.map { Self.cut(EncodedWord.decoded(Self.cut($0, 4000)), 998) })
    }

    /// The address alone, of the first of several.
    static func address(_ text: String) -> String {
        let text = cut(text, 1000)
        if let mailbox = Mailbox(text) { return mailbox.address.description }
        guard let open = text.firstIndex(of: "<"), let close = text[open...].firstIndex(of: ">") else {
            let first = text.split(separator: ",").first.map(String.init) ?? ""
            return cut(first.filter { !$0.isWhitespace }, 320)
        }
        return cut(text[text.index(after: open)..<close].filter { !$0.isWhitespace }, 320)
    }

    /// Without its brackets; nil for one that is no id.
    private static func id(_ text: String?) -> String? {
        guard let id = text?.filter({ !$0.isWhitespace && $0 != "<" && $0 != ">" }), !id.isEmpty else { return nil }
        return id.utf8.count <= 250 && HeaderText.isSafe(id) ? id : nil
    }

    private static func hash(_ body: [UInt8]) -> String {
        SHA256.hash(data: body).prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// At most so many bytes, and no character cut apart.
    private static func cut(_ text: String, _ most: Int) -> String {
        guard text.utf8.count > most else { return text }
        var end = text.utf8.index(text.utf8.startIndex, offsetBy: most)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }
}
