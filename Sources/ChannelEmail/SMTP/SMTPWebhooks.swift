import ChannelSDK

/// Reads what came back to the bounce address, bounces, complaints and answers, and mails to us, as a mail server or a
/// script posts it: the whole mail, whatever its content type says (`message/rfc822` is right), or the body of a
/// `multipart/report` alone under that content type.
///
/// Which delivery it is about is told by the address it came to: in the mail, or in the query item `recipient`, where
/// whoever posts it knows the envelope; else by the returned mail's Message-ID.
struct SMTPWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(sender: BounceSender) { verification = .scheme(sender) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let envelope = Self.delivery(inEnvelopeOf: request)
        let whole = Self.whole(request)
        if let complaint = FeedbackReport(whole) {
            guard let delivery = envelope ?? complaint.delivery else {
                throw WebhookRefusal(
                    "the complaint names no delivery, neither by its address nor by the mail it returns")
            }
            return complaint.contents(about: delivery)
        }
        if let notification = DeliveryStatusNotification(whole) {
            guard let delivery = envelope ?? notification.delivery else {
                throw WebhookRefusal("the bounce names no delivery, neither by its address nor by the mail it returns")
            }
            return WebhookContents(
                reports: notification.reports.map { report in
                    var report = report
                    report.delivery = delivery
                    return report
                })
        }
        let mail = MailEntity(request.body[...])
        guard mail["from"] != nil || mail["to"] != nil || mail["subject"] != nil else {
            throw WebhookRefusal("this is neither a bounce (RFC 3464) nor any other mail: it has no header of one")
        }
        guard let delivery = envelope ?? DeliveryStatusNotification.addressed(mail) else {
            var inbound = InboundMail(mail)
            inbound.recipient = Self.recipient(inEnvelopeOf: request) ?? inbound.recipient
            return WebhookContents(inbound: [try inbound.message(in: request)])
        }
        // An answer by a person or a machine, or a bounce in nobody's format: for people to read.
        return WebhookContents(reports: [
            StatusReport(
                delivery: delivery, kind: .unknown("mail"), detail: mail["subject"].map { String($0.prefix(500)) })
        ])
    }

    /// The mail; where only its body came, with the content type that the request has.
    private static func whole(_ request: WebhookRequest) -> [UInt8] {
        if MailEntity(request.body[...]).mediaType == "multipart/report" { return request.body }
        guard let type = request.headers["Content-Type"], type.utf8.count < 1000,
            type.lowercased().hasPrefix("multipart/report")
        else { return request.body }
        return Array("Content-Type: \(type)\r\n\r\n".utf8) + request.body
    }

    private static func delivery(inEnvelopeOf request: WebhookRequest) -> DeliveryID? {
        recipient(inEnvelopeOf: request).flatMap { VERPAddress($0)?.delivery } ?? request.delivery
    }

    private static func recipient(inEnvelopeOf request: WebhookRequest) -> String? {
        // A `+` that was not encoded reads as a space, which no address has.
        request.queryItems.first { $0.name == "recipient" && !$0.value.isEmpty }?.value.replacing(" ", with: "+")
    }
}
