import ChannelSDK

/// A mail to us as a receipt rule of SES publishes it: with the SNS action the whole mail, up to SES's 150 kB; with the S3
/// action only where it lies, which this host does not fetch.
enum SESInbound {
    static func message(_ event: JSONValue, _ request: WebhookRequest) throws(WebhookRefusal) -> InboundMessage {
        let (about, receipt) = (event["mail"], event["receipt"])
        let (headers, action) = (about?["commonHeaders"], receipt?["action"])
        var mail = InboundMail()
        if let content = event["content"]?.text {
            let bytes = action?["encoding"]?.text == "BASE64" ? MailDecoding.base64(content.utf8) : Array(content.utf8)
            mail = InboundMail(MailEntity(bytes[...]))
        }
        if action?["type"]?.text == "S3", let bucket = action?["bucketName"]?.text,
            let key = action?["objectKey"]?.text
        {
            mail.place = "s3://\(bucket)/\(key)"
        }
        mail.id = about?["messageId"]?.text ?? mail.id
        mail.sender = headers?["from"]?.elements?.first?.text ?? mail.sender ?? about?["source"]?.text
        // Whom the receipt rule took it for, whatever its headers say.
        mail.recipient =
            receipt?["recipients"]?.elements?.first?.text ?? about?["destination"]?.elements?.first?.text
            ?? mail.recipient
        mail.subject = headers?["subject"]?.text ?? mail.subject
        mail.sentAt = about?["timestamp"]?.text.flatMap { Timestamp(rfc3339: $0) } ?? mail.sentAt
        return try mail.message(in: request)
    }
}
