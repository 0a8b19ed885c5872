import Hummingbird
import NIOCore

/// SendGrid's Mail Send, and its signed event webhook.
final class SendGridAPI: ProviderAPI {
    private let settings: SendGridSettings
    private let engine: ProviderEngine
    private let webhook: SendGridWebhook?
    private let names = UniqueNames()

    init(settings: SendGridSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        webhook = settings.webhook.map { SendGridWebhook(to: $0, key: settings.signingKey) }
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("v3/mail/send", answering: send)
        router.post("sandbox/inbound/sendgrid") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard request.headers[.authorization] == "Bearer \(settings.apiKey)" else { throw SendGridError.authorization }
        let mail = try SendGridRequest(await request.body.collect(upTo: 31_457_280))
        let mailbox = SpecialMailbox(address: mail.recipient.address)
        let submission = Submission(
            provider: "sendgrid", delivery: mail.delivery, to: mail.recipient.address, body: mail.body,
            sid: String(names.hexadecimal().prefix(22)),
            life: MessageLife(of: mailbox, initial: .accepted, script: settings.script), fate: mailbox?.fate,
            attachments: mail.attachments)
        if mailbox == .refused {
            engine.ledger.reject(submission)
            throw SendGridError.address("personalizations.0.to.0.email")
        }
        let reports = webhook.map { SendGridReports(about: mail, as: submission, to: $0) }
        var success = Response(status: .accepted)
        success.headers[.init("X-Message-Id")!] = submission.sid
        return await engine.answer(
            submission, reports: reports, context, success: success, failure: { SendGridError.server($0).response })
    }

    /// As Inbound Parse does: not signed.
    private func deliver(_ order: InboundOrder) -> Response {
        let mail = InboundMail(order: order, id: names.hexadecimal())
        let envelope: JSON = ["to": [.string(order.to)], "from": .string(order.from)]
        let fields = [
            ("headers", "Message-ID: \(mail.messageID)\nDate: \(mail.date)\nFrom: \(order.from)\nTo: \(order.to)\n"),
            ("dkim", "{@sandbox.example : pass}"), ("to", order.to), ("from", order.from), ("subject", mail.subject),
            ("text", order.body), ("html", "<p>The same with ornaments.</p>"), ("sender_ip", "192.0.2.1"),
            ("spam_score", "0.1"), ("SPF", "pass"), ("attachments", "0"),
            ("envelope", String(buffer: ByteBuffer(json: envelope))),
            ("charsets", #"{"to":"UTF-8","from":"UTF-8","subject":"UTF-8","text":"UTF-8","html":"UTF-8"}"#),
        ]
        let answer = engine.sender.send(
            mail, headers: [("User-Agent", "Sendlib/1.0"), ("Content-Type", "multipart/form-data; boundary=xYzZY")],
            body: InboundMail.form(fields, boundary: "xYzZY"))
        return .json(status: .accepted, answer)
    }

    var about: String {
        """
        SendGrid: API key \(settings.apiKey)
          POST /v3/mail/send
          POST /sandbox/inbound/sendgrid  {"from", "to", "subject"?, "body", "webhook"?}: sends a mail to you
          events go to \(settings.webhook?.text ?? "nowhere: --sendgrid-webhook is not given")
          they are signed for the public key \(settings.publicKey)
        """
    }
}
