import ChannelSDK
import Crypto

/// The body of a request to Mailgun: an ordinary form, or with attachments `multipart/form-data` (RFC 7578), since only
/// that carries files.
struct MailgunForm {
    let contentType: String
    let bytes: [UInt8]

    init(_ fields: [FormEncoding.Pair], attachments: [MessageAttachment]) {
        guard !attachments.isEmpty else {
            contentType = "application/x-www-form-urlencoded"
            bytes = FormEncoding.encode(fields)
            return
        }
        let boundary = Self.boundary(fields, attachments)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(attachments.reduce(4096) { $0 + ($1.bytes?.count ?? 0) + 512 })
        func part(_ disposition: String, type: String? = nil, _ content: some Sequence<UInt8>) {
            let type = type.map { "\r\nContent-Type: \($0)" } ?? ""
            bytes += "--\(boundary)\r\nContent-Disposition: form-data; \(disposition)\(type)\r\n\r\n".utf8
            bytes += content
            bytes += "\r\n".utf8
        }
        for field in fields { part("name=\"\(Self.escaped(field.name))\"", field.value.utf8) }
        for attachment in attachments {
            // A file shown in its place is known to HTML by its file name.
            let (field, name) = attachment.contentID.map { ("inline", $0) } ?? ("attachment", attachment.name)
            part(
                "name=\"\(field)\"; filename=\"\(Self.escaped(name))\"", type: attachment.mediaType,
                attachment.bytes ?? [])
        }
        bytes += "--\(boundary)--\r\n".utf8
        contentType = "multipart/form-data; boundary=\(boundary)"
        self.bytes = bytes
    }

    /// The same for the same request, and in no part: nothing holds its own hash.
    private static func boundary(_ fields: [FormEncoding.Pair], _ attachments: [MessageAttachment]) -> String {
        var hash = SHA256()
        for field in fields { hash.update(data: Array("\(field.name)=\(field.value)&".utf8)) }
        for attachment in attachments { hash.update(data: attachment.bytes ?? []) }
        return "switchboard-"
            + hash.finalize().prefix(16).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// As browsers write names.
    private static func escaped(_ text: String) -> String {
        text.replacing("\"", with: "%22").replacing("\r", with: "%0D").replacing("\n", with: "%0A")
    }
}
