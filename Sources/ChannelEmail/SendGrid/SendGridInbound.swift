import ChannelSDK

/// How SendGrid's requests are known: its events by their signature; mails to us, which its Inbound Parse posts as
/// multipart/form-data and does not sign, by a secret in the address. Whoever knows that secret can write mails to us,
/// but report on none of ours.
struct SendGridVerification: WebhookVerifier {
    let events: ECDSASignature
    /// Nil: a mail to us has to be signed, too.
    let inbound: SharedSecret?

    var name: String { inbound.map { "\(events.name); of mails to us, \($0.name)" } ?? events.name }

    func withoutSecret(_ request: WebhookRequest) -> WebhookRequest { inbound?.withoutSecret(request) ?? request }

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict {
        let isSigned = request.headers[SendGridSettings.signatureHeader] != nil
        guard let inbound, !isSigned, SendGridInbound.isMail(request) else {
            return events.verify(request, now: now)
        }
        return inbound.verify(request, now: now)
    }
}

/// A mail to us as Inbound Parse posts it: its fields, or, where "raw" is chosen there, the whole mail in the field
/// `email`.
enum SendGridInbound {
    static func isMail(_ request: WebhookRequest) -> Bool {
        MailEntity.value(of: request.headers["Content-Type"] ?? "").lowercased() == "multipart/form-data"
    }

    static func message(_ request: WebhookRequest) throws(WebhookRefusal) -> InboundMessage {
        guard let form = PostedForm(request) else {
            throw WebhookRefusal("the form has no boundary: this is not SendGrid's Inbound Parse")
        }
        var mail: InboundMail
        if let raw = form.bytes("email") {
            mail = InboundMail(MailEntity(raw))
        } else {
            // Each field is in the character set that its author used.
            let charsets = form["charsets"].flatMap { JSONValue(Array($0.utf8)) }
            func text(_ name: String) -> String? { form.text(name, charset: charsets?[name]?.text) }
            let headers = MailEntity((form["headers"].map { Array($0.utf8) } ?? [])[...])
            mail = InboundMail()
            (mail.id, mail.sentAt) = (headers["message-id"], headers["date"].flatMap { Timestamp(rfc5322: $0) })
            (mail.sender, mail.recipient, mail.subject) = (text("from"), text("to"), text("subject"))
            (mail.text, mail.html) = (text("text"), text("html"))
        }
        // To whom it really came, whatever its headers say.
        let envelope = form["envelope"].flatMap { JSONValue(Array($0.utf8)) }
        mail.recipient = envelope?["to"]?.elements?.first?.text ?? mail.recipient
        mail.sender = mail.sender ?? envelope?["from"]?.text
        return try mail.message(in: request)
    }
}
