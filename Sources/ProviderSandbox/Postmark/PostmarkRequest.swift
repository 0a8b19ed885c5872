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
        let areTexts = metadata.members?.allSatisfy { $0.value.text != nil } ?? false
        guard areTexts else { throw PostmarkError(code: 300, message: "Metadata must be an object of strings.") }
    }
}
