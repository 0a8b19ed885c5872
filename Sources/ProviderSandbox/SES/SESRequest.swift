import NIOCore

/// A request to send a mail, checked as SES checks it.
struct SESRequest: Sendable {
    let recipient: MailAddress
    let from: String
    let subject: String
    let body: String
    let configurationSet: String?
    /// `mail.tags` of every event: each an array.
    let tags: JSON
    let delivery: String?
    let attachments: [SubmittedFile]

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(SESError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .bad("The request is not valid JSON.") }
        guard let from = json["FromEmailAddress"]?.nonEmpty else { throw .bad("Missing required header 'From'.") }
        guard MailAddress(from) != nil else { throw .bad("Missing final '@domain'") }
        let destination = json["Destination"]
        let recipients = ["ToAddresses", "CcAddresses", "BccAddresses"].flatMap { destination?[$0]?.elements ?? [] }
        guard let to = recipients.first?.nonEmpty else { throw .bad("Recipient count is 0.") }
        guard recipients.count == 1 else { throw .bad("The sandbox takes one recipient in each request.") }
        guard let recipient = MailAddress(to) else { throw .bad("Missing final '@domain'") }
        (self.from, self.recipient) = (from, recipient)
        guard let content = json["Content"] else { throw .bad("Missing required field Content.") }
        (subject, self.body) = try Self.content(content)
        configurationSet = json["ConfigurationSetName"]?.nonEmpty
        let emailTags = json["EmailTags"]?.elements ?? []
        tags = .object(
            emailTags.compactMap { tag in
                tag["Name"]?.text.map { JSON.Member(name: $0, value: .array([tag["Value"] ?? .null])) }
            })
        attachments = try Self.files(content["Simple"]?["Attachments"]?.elements ?? [])
        delivery = Self.delivery(headers: content["Simple"]?["Headers"]?.elements ?? [], tags: emailTags)
    }

    private static func content(_ content: JSON) throws(SESError) -> (subject: String, body: String) {
        if let simple = content["Simple"] {
            let body = simple["Body"]
            guard let text = body?["Text"]?["Data"]?.text ?? body?["Html"]?["Data"]?.text else {
                throw .bad("Body must have Text or Html.")
            }
            return (simple["Subject"]?["Data"]?.text ?? "", text)
        }
        if let raw = content["Raw"]?["Data"]?.nonEmpty { return ("", raw) }
        if let template = content["Template"]?["TemplateName"]?.nonEmpty { return ("", template) }
        throw .bad("Content must have Simple, Raw or Template.")
    }

    private static func files(_ attachments: [JSON]) throws(SESError) -> [SubmittedFile] {
        var files: [SubmittedFile] = []
        for attachment in attachments {
            guard let name = attachment["FileName"]?.nonEmpty, name.utf8.count <= 255 else {
                throw .bad("Attachment FileName must have 1 to 255 characters.")
            }
            let disposition = attachment["ContentDisposition"]?.text ?? "ATTACHMENT"
            let encoding = attachment["ContentTransferEncoding"]?.text ?? "SEVEN_BIT"
            guard ["ATTACHMENT", "INLINE"].contains(disposition),
                ["BASE64", "QUOTED_PRINTABLE", "SEVEN_BIT"].contains(encoding)
            else { throw .bad("Attachment '\(name)' has a value that is not one of the enumeration's.") }
            let (type, id) = (attachment["ContentType"]?.nonEmpty, attachment["ContentId"]?.nonEmpty)
            guard id?.utf8.count ?? 1 <= 78 else { throw .bad("Attachment ContentId is too long.") }
            guard
                let file = attachment["RawContent"]?.text.flatMap({
                    SubmittedFile(
                        name: name, mediaType: type ?? "application/octet-stream", contentID: id, base64: $0)
                })
            else { throw .bad("Attachment '\(name)' has no RawContent that is base64.") }
            files.append(file)
        }
        return files
    }

    /// A header tells it whole; a tag's value has no '.'.
    private static func delivery(headers: [JSON], tags: [JSON]) -> String? {
        (headers + tags).first { JSON.namesDelivery($0["Name"]?.text ?? "") }?["Value"]?.nonEmpty
    }
}
