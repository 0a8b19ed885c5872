import NIOCore

/// A request to send a mail, checked as Resend checks it.
struct ResendRequest: Sendable {
    let recipient: MailAddress
    let to: String
    let from: String
    let subject: String
    let body: String
    /// What every webhook repeats: an object of strings.
    let tags: JSON
    let attachments: [SubmittedFile]

    /// The first thing that is wrong.
    init(_ body: ByteBuffer) throws(ResendError) {
        guard let json = JSONParser.parse(body), json.isObject else { throw .unreadable }
        guard let from = json["from"]?.nonEmpty else { throw .missing("from") }
        guard MailAddress(from) != nil else { throw .invalid("from") }
        let recipients = json["to"]?.elements ?? json["to"].map { [$0] } ?? []
        guard let to = recipients.first?.nonEmpty else { throw .missing("to") }
        guard recipients.count == 1, json["cc"] == nil, json["bcc"] == nil else { throw .several }
        guard let recipient = MailAddress(to) else { throw .invalid("to") }
        guard let subject = json["subject"]?.nonEmpty else { throw .missing("subject") }
        guard let text = json["text"]?.nonEmpty ?? json["html"]?.nonEmpty else { throw .noBody }
        (self.from, self.to, self.recipient, self.subject, self.body) = (from, to, recipient, subject, text)
        attachments = try Self.files(json["attachments"]?.elements ?? [])
        tags = try Self.tags(json["tags"]?.elements ?? [])
    }

    private static func files(_ attachments: [JSON]) throws(ResendError) -> [SubmittedFile] {
        var files: [SubmittedFile] = []
        for attachment in attachments {
            let id = attachment["content_id"]?.nonEmpty ?? attachment["inline_content_id"]?.nonEmpty
            let type = attachment["content_type"]?.nonEmpty ?? "application/octet-stream"
            switch (attachment["content"]?.text, attachment["path"]?.nonEmpty) {
            case (nil, let link?):
                let name = attachment["filename"]?.nonEmpty ?? link
                files.append(SubmittedFile(name: name, mediaType: type, contentID: id, link: link))
            case (let content?, nil):
                guard let name = attachment["filename"]?.nonEmpty,
                    let file = SubmittedFile(name: name, mediaType: type, contentID: id, base64: content)
                else { throw .attachment }
                files.append(file)
            default: throw .attachment
            }
        }
        return files
    }

    private static func tags(_ tags: [JSON]) throws(ResendError) -> JSON {
        var members: [JSON.Member] = []
        for tag in tags {
            guard let name = tag["name"]?.nonEmpty, let value = tag["value"]?.nonEmpty, isWord(name), isWord(value)
            else { throw .tag }
            members.append(JSON.Member(name: name, value: .string(value)))
        }
        return .object(members)
    }

    private static func isWord(_ text: String) -> Bool {
        text.utf8.count <= 256
            && text.unicodeScalars.allSatisfy {
                switch $0 {
                case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
                default: false
                }
            }
    }
}
