import ChannelSDK

/// A mail as it goes over SMTP (RFC 5322, RFC 2045): text, HTML, or both as alternatives, and files. The same content gives
/// the same bytes: ids and boundaries come from the delivery's id.
struct MIMEMessage: Sendable {
    let content: EmailContent
    let delivery: DeliveryID
    let date: Timestamp

    /// Without its brackets. A bounce repeats it, which is the second way to find the delivery.
    var messageID: String { "\(delivery)@\(content.from.address.domain)" }

    /// ASCII only, lines of at most 78 characters as far as words allow, each with CRLF at its end.
    var bytes: [UInt8] { Array((headers + body).utf8) }

    private var headers: String {
        var headers = HeaderField.structured("Date", Self.text(of: date))
        headers += HeaderField.mailbox("From", content.from)
        headers += HeaderField.structured("To", content.recipient.description)
        if let replyTo = content.replyTo { headers += HeaderField.mailbox("Reply-To", replyTo) }
        headers += HeaderField.text("Subject", content.subject)
        headers += HeaderField.structured("Message-ID", "<\(messageID)>")
        for header in content.extraHeaders { headers += HeaderField.structured(header.name, header.value) }
        return headers + HeaderField.structured("MIME-Version", "1.0")
    }

    /// Text and HTML as alternatives, the HTML together with the files that it shows, and the other files beside all
    /// that.
    private var body: String {
        let html = content.html.map { html in
            related.isEmpty
                ? MIMEPart.text(html, subtype: "html")
                : several("related", [.text(html, subtype: "html")] + related.map { .file($0) })
        }
        let texts = [content.text.map { MIMEPart.text($0, subtype: "plain") }, html].compactMap(\.self)
        let text =
            texts.count > 1 ? several("alternative", texts) : texts.first ?? .text("", subtype: "plain")
        let beside = content.attachments.filter { !related.contains($0) }
        return (beside.isEmpty ? text : several("mixed", [text] + beside.map { .file($0) })).encoded
    }

    /// The files that the HTML can show; without HTML there is nothing that would.
    private var related: [MessageAttachment] {
        content.html == nil ? [] : content.attachments.filter { $0.contentID != nil }
    }

    /// The boundaries of parts inside each other differ, and none begins as another does.
    private func several(_ kind: String, _ parts: [MIMEPart]) -> MIMEPart {
        let mark = ["mixed": "m", "related": "r"][kind] ?? ""
        return .several(kind: kind, boundary: "=_\(mark)\(delivery)", parts)
    }

    /// `Fri, 02 Jan 2026 03:04:05 +0000`.
    static func text(of date: Timestamp) -> String {
        let days = date.milliseconds / 86_400_000
        let weekday = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"][Int(((days % 7) + 7) % 7)]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        // 2026-01-02T03:04:05.678Z
        let text = date.description
        let parts = text.split { "-T.".contains($0) }
        guard parts.count >= 4, let month = Int(parts[1]), (1...12).contains(month) else { return text }
        return "\(weekday), \(parts[2]) \(months[month - 1]) \(parts[0]) \(parts[3]) +0000"
    }
}
