import NIOCore

/// A request to send a mail, checked as Mailgun checks it.
struct MailgunRequest: Sendable {
    let recipient: MailAddress
    let to: String
    let from: String
    let subject: String
    let body: String
    let tags: [String]
    /// What every webhook repeats: the fields `v:NAME`.
    let variables: JSON
    let attachments: [SubmittedFile]

    /// The first thing that is wrong.
    init(_ body: ByteBuffer, contentType: String) throws(MailgunError) {
        let fields: FormFields
        (fields, attachments) = try Self.fields(body, contentType)
        guard let from = fields.nonEmpty("from") else { throw .missing("from") }
        guard MailAddress(from) != nil else { throw .invalidFrom(from) }
        guard let to = fields.nonEmpty("to") else { throw .missing("to") }
        let others = fields.count(of: "to") - 1 + fields.count(of: "cc") + fields.count(of: "bcc")
        guard others == 0, !to.contains(",") else { throw .several }
        guard let recipient = MailAddress(to) else { throw .invalidTo }
        (self.from, self.to, self.recipient) = (from, to, recipient)
        let bodies = ["text", "html", "amp-html", "template"]
        guard let body = bodies.lazy.compactMap({ fields.nonEmpty($0) }).first else { throw .noBody }
        self.body = body
        subject = fields["subject"] ?? ""
        tags = fields.all.filter { $0.name == "o:tag" }.map(\.value)
        variables = .object(
            fields.all.filter { $0.name.hasPrefix("v:") }
                .map { JSON.Member(name: String($0.name.dropFirst(2)), value: .string($0.value)) })
    }

    private static func fields(
        _ body: ByteBuffer, _ contentType: String
    ) throws(MailgunError) -> (FormFields, [SubmittedFile]) {
        if contentType.lowercased().hasPrefix("application/x-www-form-urlencoded") {
            guard let fields = FormFields(body) else { throw .form }
            return (fields, [])
        }
        guard let form = MultipartForm(body, contentType: contentType) else { throw .form }
        var (fields, files): ([(name: String, value: String)], [SubmittedFile]) = ([], [])
        for part in form.parts {
            if part.name == "attachment" || part.name == "inline" {
                guard let name = part.filename, !name.isEmpty else { throw .file(part.name) }
                files.append(
                    SubmittedFile(
                        name: name, mediaType: part.mediaType ?? "application/octet-stream",
                        contentID: part.name == "inline" ? name : nil, bytes: part.content.readableBytesView))
            } else {
                guard let value = String(validating: part.content.readableBytesView, as: UTF8.self) else { throw .form }
                fields.append((part.name, value))
            }
        }
        return (FormFields(fields), files)
    }
}
