import FoundationEssentials
import HTTPTypes
import Hummingbird
import NIOCore

/// Mailgun's messages API, and its webhooks, which are signed inside.
final class MailgunAPI: ProviderAPI {
    private let settings: MailgunSettings
    private let engine: ProviderEngine
    private let signer: MailgunSigner
    private let authorization: String
    private let names = UniqueNames()

    init(settings: MailgunSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        signer = MailgunSigner(key: settings.signingKey)
        authorization = "Basic " + Data("api:\(settings.apiKey)".utf8).base64EncodedString()
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("v3/:domain/messages", answering: send)
        router.post("sandbox/inbound/mailgun") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard request.headers[.authorization] == authorization else { throw MailgunError.authorization }
        let domain = context.parameters.get("domain") ?? ""
        guard domain == settings.domain else { throw MailgunError.domain(domain) }
        let mail = try MailgunRequest(
            await request.body.collect(upTo: 26_214_400), contentType: request.headers[.contentType] ?? "")
        let mailbox = SpecialMailbox(address: mail.recipient.address)
        let submission = Submission(
            provider: "mailgun", delivery: mail.variables.deliveryMember, to: mail.recipient.address, body: mail.body,
            sid: "\(names.hexadecimal())@\(settings.domain)",
            life: MessageLife(of: mailbox, initial: .accepted, script: settings.script), fate: mailbox?.fate,
            attachments: mail.attachments)
        if mailbox == .refused {
            engine.ledger.reject(submission)
            throw MailgunError.invalidTo
        }
        let reports = settings.webhook.map { MailgunReports(about: mail, as: submission, to: $0, signer: signer) }
        let success: JSON = ["id": .string("<\(submission.sid)>"), "message": "Queued. Thank you."]
        return await engine.answer(
            submission, reports: reports, context, success: .json(ByteBuffer(json: success)),
            failure: { MailgunError.server($0).response })
    }

    /// As a route with the action `forward("https://…")` does.
    private func deliver(_ order: InboundOrder) -> Response {
        let mail = InboundMail(order: order, id: names.hexadecimal())
        let (timestamp, token) = ("\(mail.at / 1000)", names.hexadecimal())
        let fields = [
            ("recipient", order.to), ("sender", order.from), ("from", order.from), ("To", order.to),
            ("subject", mail.subject), ("body-plain", order.body), ("stripped-text", order.body),
            ("body-html", "<p>The same with ornaments.</p>"), ("Message-Id", mail.messageID), ("Date", mail.date),
            ("timestamp", timestamp), ("token", token),
            ("signature", signer.signature(timestamp: timestamp, token: token)),
        ]
        let answer = engine.sender.send(
            mail,
            headers: [
                ("User-Agent", "mailgun/treq"), ("Content-Type", "multipart/form-data; boundary=\(mail.id)"),
            ], body: InboundMail.form(fields, boundary: mail.id))
        return .json(status: .accepted, answer)
    }

    var about: String {
        """
        Mailgun: API key \(settings.apiKey), webhook signing key \(settings.signingKey)
          POST /v3/\(settings.domain)/messages
          POST /sandbox/inbound/mailgun  {"from", "to", "subject"?, "body", "webhook"?}: sends a mail to you
          webhooks go to \(settings.webhook?.text ?? "nowhere: --mailgun-webhook is not given")
        """
    }
}
