import ChannelSDK

/// Reads what came back to the bounce address, as a mail server or a script posts it: the whole mail, whatever its
/// content type says (`message/rfc822` is right), or the body of a `multipart/report` alone under that content type.
///
/// Which delivery it is about is told by the address it came to: in the mail, or in the query item `recipient`, where
/// whoever posts it knows the envelope; else by the returned mail's Message-ID.
struct SMTPWebhooks: WebhookParser {
    let verification: WebhookVerification

    init(sender: BounceSender) { verification = .scheme(sender) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let envelope = Self.delivery(inEnvelopeOf: request)
        if let notification = Self.notification(request) {
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
        guard !mail.headers.isEmpty, let delivery = envelope ?? DeliveryStatusNotification.addressed(mail) else {
            throw WebhookRefusal("this is neither a bounce (RFC 3464) nor a mail to a bounce address")
        }
        // An answer by a person or a machine, or a bounce in nobody's format: for people to read.
        return WebhookContents(reports: [
            StatusReport(
                delivery: delivery, kind: .unknown("mail"), detail: mail["subject"].map { String($0.prefix(500)) })
        ])
    }

    /// In the mail itself, else in the request with the content type that it has.
    private static func notification(_ request: WebhookRequest) -> DeliveryStatusNotification? {
        if let whole = DeliveryStatusNotification(request.body) { return whole }
        guard let type = request.headers["Content-Type"], type.utf8.count < 1000,
            type.lowercased().hasPrefix("multipart/report")
        else { return nil }
        return DeliveryStatusNotification(Array("Content-Type: \(type)\r\n\r\n".utf8) + request.body)
    }

    private static func delivery(inEnvelopeOf request: WebhookRequest) -> DeliveryID? {
        let recipient = request.queryItems.first { $0.name == "recipient" }?.value
        // A `+` that was not encoded reads as a space, which no address has.
        return recipient.flatMap { VERPAddress($0.replacing(" ", with: "+"))?.delivery } ?? request.delivery
    }
}
