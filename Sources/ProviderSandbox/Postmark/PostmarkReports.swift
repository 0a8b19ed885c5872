import NIOCore

/// Writes the webhooks about one mail: one event in each.
final class PostmarkReports: CallbackSource {
    let url: CallbackURL
    private let id: String
    private let request: PostmarkRequest
    private let life: MessageLife
    private let authorization: String
    private let times = ReportTimes()

    init(about request: PostmarkRequest, as submission: Submission, to url: CallbackURL, settings: PostmarkSettings) {
        self.url = url
        self.request = request
        id = submission.sid
        life = submission.life
        authorization = settings.webhookAuthorization
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let time = JSON.string(CivilTime(milliseconds: times.of(step)).iso8601)
        let status = PostmarkStatus(rawValue: life.steps[step].status)
        var event: JSON = [
            "MessageID": .string(id), "MessageStream": .string(request.stream), "ServerID": 23,
            "Tag": .string(request.tag ?? ""), "Metadata": request.metadata,
        ]
        let details: JSON =
            switch status {
            case .deferred: bounce(time, code: 2, "Message delayed", "smtp;451 4.7.1 try again later", isFinal: false)
            case .dropped: bounce(time, code: 16384, "Manually deactivated", "The address was suppressed")
            case .bounced:
                bounce(time, code: 1, "Hard bounce", "smtp;550 5.1.1 The email account does not exist")
            case .complained: bounce(time, code: 512, "Spam complaint", "The recipient marked it as spam")
            case .accepted, .delivered, nil:
                [
                    "RecordType": "Delivery", "Recipient": .string(request.recipient.address), "DeliveredAt": time,
                    "Details": "smtp;250 2.0.0 OK",
                ]
            }
        event = .object((event.members ?? []) + (details.members ?? []))
        buffer.writeRequest(
            to: url,
            headers: [
                ("User-Agent", "Postmark"), ("Content-Type", "application/json"), ("Authorization", authorization),
            ], body: ByteBuffer(json: event))
    }

    private func bounce(_ time: JSON, code: Int, _ name: String, _ details: String, isFinal: Bool = true) -> JSON {
        let isComplaint = code == 512
        let type =
            switch code {
            case 1: "HardBounce"
            case 2: "Transient"
            case 512: "SpamComplaint"
            default: "ManuallyDeactivated"
            }
        return [
            "RecordType": isComplaint ? "SpamComplaint" : "Bounce", "ID": 692_560_173, "Type": .string(type),
            "TypeCode": .number("\(code)"), "Name": .string(name), "Description": .string("\(name)."),
            "Details": .string(details), "Email": .string(request.recipient.address), "From": .string(request.from),
            "BouncedAt": time, "DumpAvailable": false, "Inactive": .boolean(isFinal),
            "CanActivate": .boolean(!isComplaint), "Subject": .string(request.subject),
        ]
    }
}
