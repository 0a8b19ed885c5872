import NIOCore

/// Writes the webhooks about one mail: one event in each, signed by Svix.
final class ResendReports: CallbackSource {
    let url: CallbackURL
    private let id: String
    private let request: ResendRequest
    private let life: MessageLife
    private let signer: SvixSigner
    private let takenAt = CivilTime.now()
    private let times = ReportTimes()

    init(about request: ResendRequest, as submission: Submission, to url: CallbackURL, signer: SvixSigner) {
        self.url = url
        self.request = request
        self.signer = signer
        id = submission.sid
        life = submission.life
    }

    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let body = ByteBuffer(json: event(step))
        // The id stays the same when the event is sent again, the time does not.
        let webhookID = "msg_" + DerivedName.hexadecimal(id, "\(step)").prefix(27)
        let timestamp = String(CivilTime.now() / 1000)
        buffer.writeRequest(
            to: url,
            headers: [
                ("User-Agent", "Svix-Webhooks/1.62.0"), ("Content-Type", "application/json"), ("svix-id", webhookID),
                ("svix-timestamp", timestamp),
                ("svix-signature", signer.signature(id: webhookID, timestamp: timestamp, body: body)),
            ], body: body)
    }

    private func event(_ step: Int) -> JSON {
        let status = life.steps[step].status
        let details: JSON =
            switch ResendStatus(rawValue: status) {
            case .bounced:
                [
                    "bounce": [
                        "message": "The recipient's email address does not exist.", "type": "Permanent",
                        "subType": "General",
                    ]
                ]
            case .dropped:
                [
                    "suppressed": [
                        "message": "The address is on the suppression list.", "type": "OnAccountSuppressionList",
                    ]
                ]
            default: .object([])
            }
        let data: JSON = [
            "email_id": .string(id), "created_at": .string(CivilTime(milliseconds: takenAt).iso8601),
            "from": .string(request.from), "to": [.string(request.to)], "subject": .string(request.subject),
            "tags": request.tags,
        ]
        return [
            "type": .string("email.\(status)"),
            "created_at": .string(CivilTime(milliseconds: times.of(step)).iso8601),
            "data": .object((data.members ?? []) + (details.members ?? [])),
        ]
    }
}
