import NIOCore

/// Writes the events about one mail, as SNS sends them: JSON whose `Message` is JSON once more.
final class SESReports: CallbackSource {
    let url: CallbackURL
    private let id: String
    private let request: SESRequest
    private let life: MessageLife
    private let topic: SNSTopic
    private let takenAt = CivilTime.now()
    private let times = ReportTimes()

    init(about request: SESRequest, as submission: Submission, to url: CallbackURL, topic: SNSTopic) {
        self.url = url
        self.request = request
        self.topic = topic
        id = submission.sid
        life = submission.life
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let digits = DerivedName.hexadecimal(id, "\(step)")
        let parts = [(0, 8), (8, 4), (12, 4), (16, 4), (20, 12)].map { digits.dropFirst($0).prefix($1) }
        let message = String(buffer: ByteBuffer(json: event(step)))
        do {
            try topic.writeRequest(
                .notification(message: message, subject: "Amazon SES Email Event Notification"),
                id: parts.joined(separator: "-"), at: times.of(step), to: url, into: &buffer)
        } catch {
            // The library failed to sign. Without a signature the receiver refuses it, and the ledger shows that.
            buffer.writeRequest(to: url, headers: [], body: ByteBuffer())
        }
    }

    private func event(_ step: Int) -> JSON {
        let status = life.steps[step].status
        let recipient = JSON.string(request.recipient.address)
        let mail: JSON = [
            "timestamp": .string(CivilTime(milliseconds: takenAt).iso8601), "source": .string(request.from),
            "sendingAccountId": "123456789012", "messageId": .string(id), "destination": [recipient],
            "headersTruncated": false,
            "commonHeaders": ["from": [.string(request.from)], "to": [recipient], "subject": .string(request.subject)],
            "tags": request.tags,
        ]
        let time = JSON.string(CivilTime(milliseconds: times.of(step)).iso8601)
        var members: [JSON.Member] = [
            .init(name: "eventType", value: .string(status)), .init(name: "mail", value: mail),
        ]
        if let detail = detail(SESStatus(rawValue: status), time, recipient) { members.append(detail) }
        return .object(members)
    }

    private func detail(_ status: SESStatus?, _ time: JSON, _ recipient: JSON) -> JSON.Member? {
        switch status {
        case .accepted, nil: return nil
        case .send: return .init(name: "send", value: .object([]))
        case .dropped: return .init(name: "reject", value: ["reason": "Bad content"])
        case .delivered:
            let delivery: JSON = [
                "timestamp": time, "processingTimeMillis": 500, "recipients": [recipient],
                "smtpResponse": "250 2.0.0 OK", "reportingMTA": "a8-50.smtp-out.amazonses.com",
            ]
            return .init(name: "delivery", value: delivery)
        case .deferred:
            let delayed: JSON = [
                "emailAddress": recipient, "status": "4.7.1", "diagnosticCode": "smtp; 451 4.7.1 try again later",
            ]
            let delay: JSON = [
                "timestamp": time, "delayType": "TransientCommunicationFailure", "delayedRecipients": [delayed],
            ]
            return .init(name: "deliveryDelay", value: delay)
        case .bounced:
            let bounced: JSON = [
                "emailAddress": recipient, "action": "failed", "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            ]
            let bounce: JSON = [
                "feedbackId": .string("feedback-\(id)"), "bounceType": "Permanent", "bounceSubType": "General",
                "bouncedRecipients": [bounced], "timestamp": time,
            ]
            return .init(name: "bounce", value: bounce)
        case .complained:
            let complaint: JSON = [
                "feedbackId": .string("feedback-\(id)"), "complaintFeedbackType": "abuse",
                "complainedRecipients": [["emailAddress": recipient]], "timestamp": time,
            ]
            return .init(name: "complaint", value: complaint)
        }
    }
}
