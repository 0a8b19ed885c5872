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

    /// A header tells it whole; a tag's value has no '.'.
    private static func delivery(headers: [JSON], tags: [JSON]) -> String? {
        (headers + tags).first { JSON.namesDelivery($0["Name"]?.text ?? "") }?["Value"]?.nonEmpty
    }
}
