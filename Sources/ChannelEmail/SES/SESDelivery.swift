import ChannelSDK

/// Submits mails through SendEmail of the SES v2 API, one request for each.
struct SESDelivery: HTTPDeliveryClient {
    private let settings: SESSettings
    private let unsubscribe: EmailUnsubscribe
    private let host: ChannelHost

    init(settings: SESSettings, unsubscribe: EmailUnsubscribe, host: ChannelHost) {
        self.settings = settings
        self.unsubscribe = unsubscribe
        self.host = host
    }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: host.transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        let content = try EmailContent(message.content, from: settings.from, unsubscribe: unsubscribe)
        let body = JSONValue.object(fields(content, message.delivery)).bytes
        let path = "/v2/email/outbound-emails"
        let date = AWSSignature.text(of: host.clock.now())
        let signature = AWSSignature(
            accessKeyID: settings.accessKeyID, secretAccessKey: settings.secretAccessKey, region: settings.region,
            service: "ses")
        let authority = settings.baseURL.split(separator: "/").dropFirst().first.map(String.init) ?? ""
        // A path of the base URL stands before a proxy, which takes it away again.
        let authorization = signature.authorization(
            method: "POST", path: path,
            headers: [("content-type", "application/json"), ("host", authority), ("x-amz-date", date)], body: body,
            date: date)
        return HTTPRequest(
            url: settings.baseURL + path,
            headers: ["Authorization": authorization, "Content-Type": "application/json", "X-Amz-Date": date],
            body: body)
    }

    private func fields(_ content: EmailContent, _ delivery: DeliveryID) -> [String: JSONValue] {
        func text(_ text: String) -> JSONValue { ["Charset": "UTF-8", "Data": .string(text)] }
        var body: [String: JSONValue] = [:]
        if let plain = content.text { body["Text"] = text(plain) }
        if let html = content.html { body["Html"] = text(html) }
        // SES repeats tags in its events, but takes no '.' in them; the header is for whoever reads the mail.
        let headers = content.extraHeaders + [(name: "X-Switchboard-Delivery", value: delivery.description)]
        var simple: [String: JSONValue] = [
            "Subject": text(content.subject), "Body": .object(body),
            "Headers": .array(headers.map { ["Name": .string($0.name), "Value": .string($0.value)] }),
        ]
        if !content.attachments.isEmpty { simple["Attachments"] = .array(content.attachments.map(Self.attachment)) }
        var fields: [String: JSONValue] = [
            "FromEmailAddress": Self.mailbox(content.from),
            "Destination": ["ToAddresses": [.string(content.recipient.description)]],
            "ConfigurationSetName": .string(settings.configurationSet),
            "EmailTags": [["Name": .string(DeliveryTag.name), "Value": .string(DeliveryTag.value(delivery))]],
            "Content": ["Simple": .object(simple)],
        ]
        if let replyTo = content.replyTo { fields["ReplyToAddresses"] = [Self.mailbox(replyTo)] }
        return fields
    }

    private static func attachment(_ attachment: MessageAttachment) -> JSONValue {
        var fields: [String: JSONValue] = [
            "RawContent": .string(attachment.base64), "FileName": .string(attachment.name),
            "ContentType": .string(attachment.mediaType), "ContentTransferEncoding": "BASE64",
            "ContentDisposition": attachment.contentID == nil ? "ATTACHMENT" : "INLINE",
        ]
        if let id = attachment.contentID { fields["ContentId"] = .string(id) }
        return .object(fields)
    }

    /// SES wants names beyond ASCII as a header has them.
    private static func mailbox(_ mailbox: Mailbox) -> JSONValue {
        .string(HeaderField.words(of: mailbox).joined(separator: " "))
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        SESAnswer(ProviderAnswer(response, secrets: [settings.secretAccessKey])).outcome
    }
}
