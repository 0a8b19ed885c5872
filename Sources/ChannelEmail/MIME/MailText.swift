/// The words of a mail that came from elsewhere: its first plain text, else its first HTML, files left aside.
struct MailText {
    let plain: String?
    let html: String?

    /// Mails in mails, and parts in parts, are looked into only so far.
    private static let deepest = 8

    init(_ mail: MailEntity) {
        var (plain, html): (String?, String?)
        Self.collect(mail, depth: 0, &plain, &html)
        (self.plain, self.html) = (plain, html)
    }

    private static func collect(_ part: MailEntity, depth: Int, _ plain: inout String?, _ html: inout String?) {
        guard plain == nil, depth <= deepest else { return }
        let type = part.mediaType
        if type.hasPrefix("multipart/") {
            for part in part.parts { collect(part, depth: depth + 1, &plain, &html) }
            return
        }
        let isFile = MailEntity.value(of: part["content-disposition"] ?? "").lowercased() == "attachment"
        guard !isFile, type == "text/plain" || (type == "text/html" && html == nil) else { return }
        let bytes = part.decodedBody
        let text = MailCharset.text(of: bytes, in: part.parameter("charset"))
        if type == "text/plain" { plain = text } else { html = text }
    }
}
