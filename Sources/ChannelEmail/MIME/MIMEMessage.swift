import ChannelSDK

/// A mail as it goes over SMTP (RFC 5322, RFC 2045): text, HTML, or both as alternatives. The same content gives the
/// same bytes: ids and boundaries come from the delivery's id.
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

    private var body: String {
        switch (content.text, content.html) {
        case (let text?, let html?):
            // `=_` occurs in neither encoding, so the boundary occurs in no part.
            let boundary = "=_\(delivery)"
            return HeaderField.structured("Content-Type", "multipart/alternative; boundary=\"\(boundary)\"") + "\r\n"
                + "--\(boundary)\r\n" + Self.part("plain", text)
                + "--\(boundary)\r\n" + Self.part("html", html) + "--\(boundary)--\r\n"
        case (nil, let html?): return Self.part("html", html)
        case (let text, nil): return Self.part("plain", text ?? "")
        }
    }

    private static func part(_ subtype: String, _ text: String) -> String {
        let encoding = TransferEncoding(text)
        return HeaderField.structured("Content-Type", "text/\(subtype); charset=utf-8")
            + HeaderField.structured("Content-Transfer-Encoding", encoding.name) + "\r\n" + encoding.body
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
