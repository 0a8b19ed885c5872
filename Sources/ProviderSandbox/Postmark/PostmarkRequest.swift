import NIOCore

/// A request to send a mail, checked as Postmark checks it.
struct PostmarkRequest: Sendable {
    let recipient: MailAddress
    /// As the request has it.
    let to: String
    let from: String
    let subject: String
    let body: String
    let stream: String
    let tag: String?
    /// What every webhook repeats.
    let metadata: JSON
    let attachments: [SubmittedFile]

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(PostmarkError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .unreadable }
        let from = json["From"]?.text ?? ""
        guard MailAddress(from) != nil else { throw .from(from) }
        self.from = from
        guard let to = json["To"]?.nonEmpty else { throw .noRecipient }
        guard !to.contains(","), json["Cc"]?.nonEmpty == nil, json["Bcc"]?.nonEmpty == nil else { throw .several }
        guard let recipient = MailAddress(to) else { throw .to(to) }
        (self.to, self.recipient) = (to, recipient)
        guard let text = json["TextBody"]?.nonEmpty ?? json["HtmlBody"]?.nonEmpty else { throw .noBody }
        self.body = text
        subject = json["Subject"]?.text ?? ""
        stream = json["MessageStream"]?.nonEmpty ?? "outbound"
        tag = json["Tag"]?.nonEmpty
        metadata = json["Metadata"] ?? .object([])
        attachments = try Self.files(json["Attachments"]?.elements ?? [])
        let areTexts = metadata.members?.allSatisfy { $0.value.text != nil } ?? false
        guard areTexts else { throw PostmarkError(code: 300, message: "Metadata must be an object of strings.") }
    }

    private static func files(_ attachments: [JSON]) throws(PostmarkError) -> [SubmittedFile] {
        var files: [SubmittedFile] = []
        for attachment in attachments {
            guard let name = attachment["Name"]?.nonEmpty, let content = attachment["Content"]?.text,
                let type = attachment["ContentType"]?.nonEmpty
            else {
                throw PostmarkError(code: 300, message: "An attachment needs Name, Content and ContentType.")
            }
            let id = attachment["ContentID"]?.nonEmpty
            guard let file = SubmittedFile(name: name, mediaType: type, contentID: id, base64: content) else {
                throw PostmarkError(code: 300, message: "The Content of attachment '\(name)' is not base64.")
            }
            files.append(file)
        }
        return files
    }
}
