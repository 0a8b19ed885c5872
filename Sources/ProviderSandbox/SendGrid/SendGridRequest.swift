import NIOCore

/// A request to send a mail, checked as SendGrid checks it.
struct SendGridRequest: Sendable {
    let recipient: MailAddress
    let from: String
    let subject: String
    /// The first block.
    let body: String
    /// What every event repeats.
    let customArguments: [JSON.Member]
    let attachments: [SubmittedFile]

    var delivery: String? { JSON.object(customArguments).deliveryMember }

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(SendGridError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .unreadable }
        guard let personalizations = json["personalizations"]?.elements, let first = personalizations.first else {
            throw .personalizations
        }
        guard let to = first["to"]?.elements, let address = to.first else { throw .recipients }
        guard personalizations.count == 1, to.count == 1, first["cc"] == nil, first["bcc"] == nil else {
            throw .several
        }
        guard let recipient = address["email"]?.text.flatMap({ MailAddress($0) }) else {
            throw .address("personalizations.0.to.0.email")
        }
        self.recipient = recipient
        guard let from = json["from"]?["email"]?.nonEmpty else { throw .from }
        guard MailAddress(from) != nil else { throw .address("from.email") }
        self.from = from
        let hasTemplate = json["template_id"]?.nonEmpty != nil
        let subject = first["subject"]?.nonEmpty ?? json["subject"]?.nonEmpty
        guard subject != nil || hasTemplate else { throw .subject }
        self.subject = subject ?? ""
        self.body = try Self.content(json, hasTemplate: hasTemplate)
        attachments = try Self.files(json["attachments"]?.elements ?? [])
        customArguments = (json["custom_args"]?.members ?? []) + (first["custom_args"]?.members ?? [])
    }

    private static func files(_ attachments: [JSON]) throws(SendGridError) -> [SubmittedFile] {
        var files: [SubmittedFile] = []
        for (index, attachment) in attachments.enumerated() {
            let field = "attachments.\(index)"
            guard let content = attachment["content"]?.nonEmpty else {
                throw SendGridError(
                    field: "\(field).content",
                    message: "The attachment content must be a string at least one character.")
            }
            guard let name = attachment["filename"]?.nonEmpty else {
                throw SendGridError(field: "\(field).filename", message: "The filename must be given.")
            }
            let disposition = attachment["disposition"]?.text ?? "attachment"
            let id = attachment["content_id"]?.nonEmpty
            guard disposition == "attachment" || disposition == "inline" && id != nil else {
                throw SendGridError(
                    field: "\(field).disposition",
                    message: "The disposition must be \"inline\", with a content_id, or \"attachment\".")
            }
            let type = attachment["type"]?.nonEmpty ?? "application/octet-stream"
            guard let file = SubmittedFile(name: name, mediaType: type, contentID: id, base64: content) else {
                throw SendGridError(
                    field: "\(field).content", message: "The attachment content must be base64 encoded.")
            }
            files.append(file)
        }
        return files
    }

    private static func content(_ json: JSON, hasTemplate: Bool) throws(SendGridError) -> String {
        guard let blocks = json["content"]?.elements, !blocks.isEmpty else {
            guard hasTemplate else { throw .content }
            return ""
        }
        for block in blocks where block["type"]?.nonEmpty == nil || block["value"]?.nonEmpty == nil {
            throw .emptyContent
        }
        let types = blocks.compactMap { $0["type"]?.text }
        if let plain = types.firstIndex(of: "text/plain"), plain > 0 {
            throw SendGridError(
                field: "content",
                message: "If present, text/plain and text/html may only be provided once, in this order.")
        }
        return blocks[0]["value"]?.text ?? ""
    }
}
