import Crypto
import FoundationEssentials
import NIOCore

/// Writes the event webhook: a JSON array of events of any mails, signed.
final class SendGridWebhook: BatchWebhook {
    let url: CallbackURL
    private let key: P256.Signing.PrivateKey

    init(to url: CallbackURL, key: P256.Signing.PrivateKey) {
        self.url = url
        self.key = key
    }

    func writeRequest(_ events: [JSON], into buffer: inout ByteBuffer) {
        // One event a line. The line break at the end is part of what is signed.
        var body = ByteBuffer(string: "[")
        for (index, event) in events.enumerated() {
            if index > 0 { body.writeStaticString(",\r\n") }
            body.writeJSON(event)
        }
        body.writeStaticString("]\r\n")
        let timestamp = String(CivilTime.now() / 1000)
        buffer.writeRequest(
            to: url,
            headers: [
                ("User-Agent", "SendGrid Event API"), ("Content-Type", "application/json;charset=utf-8"),
                ("X-Twilio-Email-Event-Webhook-Signature", signature(of: body, at: timestamp)),
                ("X-Twilio-Email-Event-Webhook-Timestamp", timestamp),
            ], body: body)
    }

    /// Base64 of the DER of an ECDSA signature of the time and the body.
    private func signature(of body: ByteBuffer, at timestamp: String) -> String {
        var hash = SHA256()
        hash.update(data: Data(timestamp.utf8))
        hash.update(data: body.readableBytesView)
        // A private key signs any digest: an error would be one of the library. The receiver would refuse the request.
        return (try? key.signature(for: hash.finalize()))?.derRepresentation.base64EncodedString() ?? ""
    }
}

/// Writes the events of one mail.
final class SendGridReports: BatchedCallbackSource {
    let webhook: any BatchWebhook
    private let id: String
    private let request: SendGridRequest
    private let life: MessageLife
    private let times = ReportTimes()

    init(about request: SendGridRequest, as submission: Submission, to webhook: SendGridWebhook) {
        self.webhook = webhook
        self.request = request
        id = submission.sid
        life = submission.life
    }

    func event(step position: Int) -> JSON {
        let status = life.steps[position].status
        let details: JSON =
            switch SendGridStatus(rawValue: status) {
            case .deferred: ["response": "451 4.7.1 try again later", "attempt": "1"]
            case .delivered: ["response": "250 2.0.0 OK"]
            case .bounced:
                [
                    "reason": "550 5.1.1 The email account that you tried to reach does not exist", "status": "5.1.1",
                    "type": "bounce", "bounce_classification": "Invalid Address",
                ]
            case .dropped: ["reason": "Bounced Address", "status": "5.0.0"]
            default: .object([])
            }
        let event: JSON = [
            "email": .string(request.recipient.address), "timestamp": .number("\(times.of(position) / 1000)"),
            "smtp-id": .string("<\(id)@sandbox.example>"), "event": .string(status),
            // The same for the same event, however often it is sent.
            "sg_event_id": .string(String(DerivedName.hexadecimal(id, "\(position)").prefix(32))),
            "sg_message_id": .string("\(id).recvd-sandbox-1-0"),
        ]
        return .object((event.members ?? []) + (details.members ?? []) + request.customArguments)
    }
}
