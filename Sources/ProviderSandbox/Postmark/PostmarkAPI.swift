import HTTPTypes
import Hummingbird
import NIOCore

/// Postmark's email API, and its webhooks.
final class PostmarkAPI: ProviderAPI {
    private let settings: PostmarkSettings
    private let engine: ProviderEngine
    private let names = UniqueNames()

    init(settings: PostmarkSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("email", answering: send)
        router.post("sandbox/inbound/postmark") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard request.headers[.init("X-Postmark-Server-Token")!] == settings.serverToken else {
            throw PostmarkError.token
        }
        let mail = try PostmarkRequest(await request.body.collect(upTo: 10_485_760))
        let mailbox = SpecialMailbox(address: mail.recipient.address)
        let submission = Submission(
            provider: "postmark", delivery: mail.metadata.deliveryMember, to: mail.recipient.address, body: mail.body,
            sid: names.uuid(), life: MessageLife(of: mailbox, initial: .accepted, script: settings.script),
            fate: mailbox?.fate,
            attachments: mail.attachments)
        if let error = Self.error(mailbox, mail.recipient.address) {
            engine.ledger.reject(submission)
            throw error
        }
        let reports = settings.webhook.map {
            PostmarkReports(about: mail, as: submission, to: $0, settings: settings)
        }
        let success: JSON = [
            "To": .string(mail.to), "SubmittedAt": .string(CivilTime(milliseconds: CivilTime.now()).iso8601),
            "MessageID": .string(submission.sid), "ErrorCode": 0, "Message": "OK",
        ]
        return await engine.answer(
            submission, reports: reports, context, success: .json(ByteBuffer(json: success)),
            failure: { PostmarkError.server($0).response })
    }

    private static func error(_ mailbox: SpecialMailbox?, _ address: String) -> PostmarkError? {
        switch mailbox {
        case .refused: .to(address)
        // Postmark refuses what is on its list at once.
        case .dropped: .inactive(address)
        default: nil
        }
    }

    private func deliver(_ order: InboundOrder) -> Response {
        let mail = InboundMail(order: order, id: names.uuid())
        func person(_ address: String) -> JSON { ["Email": .string(address), "Name": "", "MailboxHash": ""] }
        let body: JSON = [
            "FromName": "", "MessageStream": "inbound", "From": .string(order.from), "FromFull": person(order.from),
            "To": .string(order.to), "ToFull": [person(order.to)], "OriginalRecipient": .string(order.to),
            "Subject": .string(mail.subject), "MessageID": .string(mail.id), "ReplyTo": "", "MailboxHash": "",
            "Date": .string(mail.date), "TextBody": .string(order.body), "HtmlBody": "", "StrippedTextReply": "",
            "Tag": "", "Headers": [], "Attachments": [],
        ]
        let answer = engine.sender.send(
            mail,
            headers: [
                ("User-Agent", "Postmark"), ("Content-Type", "application/json"),
                ("Authorization", settings.webhookAuthorization),
            ], body: ByteBuffer(json: body))
        return .json(status: .accepted, answer)
    }

    var about: String {
        """
        Postmark: server token \(settings.serverToken)
          POST /email
          POST /sandbox/inbound/postmark  {"from", "to", "subject"?, "body", "webhook"?}: sends a mail to you
          webhooks go to \(settings.webhook?.text ?? "nowhere: --postmark-webhook is not given")
          with the user \(settings.webhookUser) and the password \(settings.webhookPassword)
        """
    }
}
