import ChannelSDK

/// A complaint by a recipient's mail provider (abuse reporting format, RFC 5965), as feedback loops send it to the
/// envelope sender or to an address that the operator registered with them.
///
/// Which delivery it is about is told as for a ``DeliveryStatusNotification``. Addresses in it are not believed: they are
/// often blotted out, and whoever has one mail of ours could write another's.
struct FeedbackReport {
    let delivery: DeliveryID?
    /// In lower case: `abuse`, `fraud`, `not-spam`, …
    let type: String
    let sentAt: Timestamp?
    private let agent: String?

    /// Nil when the bytes are no such report.
    init?(_ bytes: [UInt8]) {
        let mail = MailEntity(bytes[...])
        guard mail.mediaType == "multipart/report" else { return nil }
        let parts = mail.parts
        guard let report = parts.first(where: { $0.mediaType == "message/feedback-report" }) else { return nil }
        let fields = MailEntity(report.body)
        guard let type = fields["feedback-type"], !type.isEmpty else { return nil }
        self.type = type.prefix { $0 != " " && $0 != "(" && $0 != ";" }.lowercased()
        agent = fields["user-agent"].map { String($0.prefix(200)) }
        sentAt = mail["date"].flatMap { Timestamp(rfc5322: $0) }
        delivery = DeliveryStatusNotification.addressed(mail) ?? DeliveryStatusNotification.returned(parts)
    }

    func contents(about delivery: DeliveryID) -> WebhookContents {
        WebhookContents(
            reports: [
                StatusReport(
                    delivery: delivery, kind: kind, occurredAt: sentAt, code: type,
                    detail: agent.map { "reported by \($0)" })
            ],
            optOuts: reason.map { [OptOutReport(.recipientOf(delivery), reason: $0, occurredAt: sentAt)] } ?? [])
    }

    private var kind: StatusReport.Kind {
        switch type {
        case "abuse", "fraud": .status(.complained)
        case "opt-out", "opt-out-list": .unsubscribe
        case "not-spam": .engagement("not_spam")
        default: .unknown("feedback \(type)")
        }
    }

    private var reason: OptOutReport.Reason? {
        switch type {
        case "abuse", "fraud": .complaint
        case "opt-out", "opt-out-list": .unsubscribe
        default: nil
        }
    }
}

extension Timestamp {
    /// Reads the date of a mail's header: `Fri, 02 Jan 2026 03:04:05 +0000`, also without the weekday.
    init?(rfc5322 text: String) {
        let words = text.split(whereSeparator: { " ,".contains($0) }).drop { Int($0) == nil }
        let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        guard words.count >= 5, case let fields = Array(words), let day = Int(fields[0]),
            let month = months.firstIndex(of: fields[1].lowercased()), let year = Int(fields[2]), year >= 1970
        else { return nil }
        let time = fields[3].utf8.count == 5 ? "\(fields[3]):00" : String(fields[3])
        let zone = fields[4]
        let offset = zone.utf8.count == 5 ? "\(zone.prefix(3)):\(zone.suffix(2))" : "Z"
        func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
        self.init(rfc3339: "\(year)-\(twoDigits(month + 1))-\(twoDigits(day))T\(time)\(offset)")
    }
}
