import NIOCore

/// A request to create a message, checked as Twilio checks it.
struct TwilioRequest: Sendable {
    private static let longestBody = 1600

    let to: String
    let from: String?
    let messagingService: String?
    let body: String
    let mediaCount: Int
    let isTemplate: Bool
    private(set) var callback: CallbackURL?

    /// The first thing that is wrong, in the order in which Twilio looks.
    init(_ form: ByteBuffer) throws(TwilioError) {
        guard let fields = FormFields(form) else { throw .unreadableForm }
        guard let to = fields.nonEmpty("To") else { throw .toMissing }
        guard Self.isNumber(Self.withoutPrefix(to)) else { throw .invalidTo(to) }
        self.to = to
        from = fields.nonEmpty("From")
        messagingService = fields.nonEmpty("MessagingServiceSid")
        guard from != nil || messagingService != nil else { throw .fromMissing }
        if let from, !Self.isSender(Self.withoutPrefix(from)) { throw .invalidFrom(from) }
        body = fields["Body"] ?? ""
        mediaCount = fields.count(of: "MediaUrl")
        isTemplate = fields.nonEmpty("ContentSid") != nil
        guard !body.isEmpty || mediaCount > 0 || isTemplate else { throw .bodyMissing }
        if let from, Self.isWhatsApp(from) != isOnWhatsApp { throw .mixedChannels }
        // Counting the bytes is cheap, and no body that short can be too long.
        if body.utf8.count > Self.longestBody, body.unicodeScalars.count > Self.longestBody { throw .bodyTooLong }
        callback = try Self.callback(fields.nonEmpty("StatusCallback"))
    }

    /// Without the callback URL, which is much of the memory that a message takes.
    var withoutCallback: TwilioRequest {
        var request = self
        request.callback = nil
        return request
    }

    var isOnWhatsApp: Bool { Self.isWhatsApp(to) }

    /// The number, without the channel that it is on.
    var recipient: Substring { Self.withoutPrefix(to) }

    private static func callback(_ text: String?) throws(TwilioError) -> CallbackURL? {
        guard let text else { return nil }
        do {
            return try CallbackURL(text)
        } catch {
            throw .invalidCallback(text, because: error.message)
        }
    }

    static func isWhatsApp(_ address: String) -> Bool {
        address.utf8.starts(with: "whatsapp:".utf8)
    }

    /// A WhatsApp address is a number with a prefix.
    static func withoutPrefix(_ address: String) -> Substring {
        isWhatsApp(address) ? address.dropFirst("whatsapp:".count) : address[...]
    }

    /// E.164: a plus, then 7 to 15 digits, the first not 0.
    private static func isNumber(_ text: Substring) -> Bool {
        let digits = text.utf8.dropFirst()
        return text.utf8.first == UInt8(ascii: "+") && (7...15).contains(digits.count)
            && digits.first != UInt8(ascii: "0")
            && digits.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }

    /// A number, a short code, or up to 11 letters, digits and blanks with at least one letter.
    private static func isSender(_ text: Substring) -> Bool {
        if isNumber(text) { return true }
        let isASCII = text.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || " +-_&".contains($0)) }
        guard isASCII else { return false }
        return text.contains(where: \.isLetter)
            ? text.count <= 11 : (3...8).contains(text.count) && text.allSatisfy(\.isNumber)
    }
}
