import ChannelSDK

/// A mail to us as a route of Mailgun forwards it to a URL: a form, as multipart/form-data where the mail has files, with
/// its signature among the fields.
enum MailgunInbound {
    static func message(_ form: PostedForm, _ request: WebhookRequest) throws(WebhookRefusal) -> InboundMessage {
        guard form["recipient"] != nil || form["sender"] != nil else {
            throw WebhookRefusal(
                "recipient and sender are missing: this is not a mail that a route of Mailgun forwards")
        }
        var mail = InboundMail()
        mail.id = form["Message-Id"] ?? form["token"]
        mail.sender = form["from"] ?? form["sender"]
        mail.recipient = form["recipient"]
        mail.subject = form["subject"]
        mail.text = form["body-plain"] ?? form["stripped-text"]
        mail.html = form["body-html"]
        // Set by the action store().
        mail.place = form["message-url"]
        mail.sentAt = form["Date"].flatMap { Timestamp(rfc5322: $0) }
        return try mail.message(in: request)
    }
}
