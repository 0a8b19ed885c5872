import Crypto
import FoundationEssentials
import NIOCore

/// Mailgun's signature: hex HMAC-SHA256 of a time and a token, all three inside the body.
struct MailgunSigner: Sendable {
    private let keyed: HMAC<SHA256>

    init(key: String) {
        keyed = HMAC(key: SymmetricKey(data: Data(key.utf8)))
    }

    func signature(timestamp: String, token: String) -> String {
        var code = keyed
        code.update(data: Data((timestamp + token).utf8))
        return code.finalize().hexadecimal
    }
}

/// Writes the webhooks about one mail: one event in each.
final class MailgunReports: CallbackSource {
    let url: CallbackURL
    /// Without brackets.
    private let id: String
    private let request: MailgunRequest
    private let life: MessageLife
    private let signer: MailgunSigner
    private let times = ReportTimes()

    init(about request: MailgunRequest, as submission: Submission, to url: CallbackURL, signer: MailgunSigner) {
        self.url = url
        self.request = request
        self.signer = signer
        id = submission.sid
        life = submission.life
    }

    /// 406 asks for no repeat.
    func isRefusal(_ status: Int) -> Bool { status == 406 }

    /// The same bytes each time: a token is good for one body.
    func writeRequest(step: Int, into buffer: inout ByteBuffer) {
        let time = times.of(step)
        let timestamp = "\(time / 1000)"
        let token = String(DerivedName.hexadecimal(id, "token \(step)").prefix(50))
        let signature: JSON = [
            "timestamp": .string(timestamp), "token": .string(token),
            "signature": .string(signer.signature(timestamp: timestamp, token: token)),
        ]
        buffer.writeRequest(
            to: url, headers: [("User-Agent", "Go-http-client/1.1"), ("Content-Type", "application/json")],
            body: ByteBuffer(json: ["signature": signature, "event-data": event(step, at: time)]))
    }

    private func event(_ step: Int, at time: Int64) -> JSON {
        let status = MailgunStatus(rawValue: life.steps[step].status)
        let milliseconds = String(time % 1000 + 1000).dropFirst()
        let headers: JSON = [
            "to": .string(request.to), "message-id": .string(id), "from": .string(request.from),
            "subject": .string(request.subject),
        ]
        let event: JSON = [
            "id": .string(String(DerivedName.hexadecimal(id, "event \(step)").prefix(22))),
            "timestamp": .number("\(time / 1000).\(milliseconds)"),
            "recipient": .string(request.recipient.address),
            "recipient-domain": .string(String(request.recipient.domain)),
            "message": ["headers": headers, "attachments": [], "size": .number("\(request.body.utf8.count)")],
            "user-variables": request.variables, "tags": .array(request.tags.map(JSON.string)),
            "flags": ["is-routed": false, "is-authenticated": true, "is-system-test": false, "is-test-mode": false],
        ]
        return .object((event.members ?? []) + (Self.details(status).members ?? []))
    }

    private static func details(_ status: MailgunStatus?) -> JSON {
        switch status {
        case .accepted, nil: ["event": "accepted", "log-level": "info"]
        case .delivered:
            ["event": "delivered", "log-level": "info", "delivery-status": delivery(250, "OK")]
        case .complained: ["event": "complained", "log-level": "warn"]
        case .deferred:
            failure("temporary", "generic", delivery(451, "4.7.1 try again later"))
        case .bounced:
            failure("permanent", "bounce", delivery(550, "5.1.1 The email account does not exist"))
        case .dropped:
            failure("permanent", "suppress-bounce", delivery(605, "Not delivering to previously bounced address"))
        }
    }

    private static func failure(_ severity: String, _ reason: String, _ delivery: JSON) -> JSON {
        [
            "event": "failed", "log-level": severity == "permanent" ? "error" : "warn", "severity": .string(severity),
            "reason": .string(reason), "delivery-status": delivery,
        ]
    }

    private static func delivery(_ code: Int, _ message: String) -> JSON {
        ["code": .number("\(code)"), "message": .string(message), "description": "", "attempt-no": 1]
    }
}
