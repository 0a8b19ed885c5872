import ChannelSDK
import FoundationEssentials

/// A part of a mail, with its headers: a text, a file, or several parts together (RFC 2045, 2046, 2387).
enum MIMEPart: Sendable {
    /// In UTF-8, of a subtype of `text`.
    case text(String, subtype: String)
    case file(MessageAttachment)
    /// - `kind`: `mixed`, `alternative` or `related`.
    /// - `boundary`: must occur in no part. `=_` occurs in no encoded one.
    indirect case several(kind: String, boundary: String, [MIMEPart])

    /// ASCII, every line with CRLF at its end.
    var encoded: String {
        var text = ""
        write(to: &text)
        return text
    }

    private func write(to mail: inout String) {
        switch self {
        case .text(let text, let subtype):
            let encoding = TransferEncoding(text)
            mail += HeaderField.structured("Content-Type", "text/\(subtype); charset=utf-8")
            mail += HeaderField.structured("Content-Transfer-Encoding", encoding.name) + "\r\n" + encoding.body
        case .file(let attachment): Self.write(attachment, to: &mail)
        case .several(let kind, let boundary, let parts):
            // Who reads a `related` part must know which of its kinds leads (RFC 2387).
            let type = kind == "related" ? " type=\"text/html\";" : ""
            mail += HeaderField.structured("Content-Type", "multipart/\(kind);\(type) boundary=\"\(boundary)\"")
            mail += "\r\n"
            for part in parts {
                mail += "--\(boundary)\r\n"
                part.write(to: &mail)
            }
            mail += "--\(boundary)--\r\n"
        }
    }

    private static func write(_ attachment: MessageAttachment, to mail: inout String) {
        let name = MIMEParameter("filename", attachment.name)
        mail += HeaderField.structured("Content-Type", attachment.mediaType)
        mail += HeaderField.structured("Content-Transfer-Encoding", "base64")
        mail += HeaderField.words(
            "Content-Disposition", [attachment.contentID == nil ? "attachment;" : "inline;"] + name.words)
        if let id = attachment.contentID { mail += HeaderField.structured("Content-ID", "<\(id)>") }
        mail += "\r\n"
        guard let bytes = attachment.bytes, !bytes.isEmpty else { return }
        mail += Data(bytes).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithCarriageReturn, .endLineWithLineFeed,
        ])
        mail += "\r\n"
    }
}

/// A parameter of a structured header, of which the value may be any text (RFC 2231).
struct MIMEParameter {
    /// To be folded between: one word, or several of which each but the last ends in `;`.
    let words: [String]

    init(_ name: String, _ value: String) {
        let isPlain = value.utf8.count <= 60 && value.utf8.allSatisfy { (32...126).contains($0) }
        if isPlain, !value.contains("  ") {
            words = [name + "=" + Mailbox.quoted(value)]
            return
        }
        let sections = Self.sections(value)
        guard sections.count > 1 else {
            words = ["\(name)*=UTF-8''\(sections[0])"]
            return
        }
        words = sections.enumerated().map { index, section in
            "\(name)*\(index)*=\(index == 0 ? "UTF-8''" : "")\(section)\(index == sections.count - 1 ? "" : ";")"
        }
    }

    /// Percent-encoded, at most 50 characters each, none of which cuts a character's bytes apart.
    private static func sections(_ value: String) -> [String] {
        var sections = [""]
        for scalar in value.unicodeScalars {
            let encoded = FormEncoding.percentEncode(String(scalar))
            if sections[sections.count - 1].utf8.count + encoded.utf8.count > 50 { sections.append("") }
            sections[sections.count - 1] += encoded
        }
        return sections
    }
}
