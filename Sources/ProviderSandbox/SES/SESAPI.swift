import Hummingbird
import NIOCore

/// The SES v2 API, and its events through SNS.
final class SESAPI: ProviderAPI {
    private let settings: SESSettings
    private let engine: ProviderEngine
    private let topic: SNSTopic
    private let names = UniqueNames()

    init(settings: SESSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        topic = SNSTopic(settings)
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("v2/email/outbound-emails", answering: send)
        router.post("sandbox/inbound/ses") { request, _ in
            try self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
        router.get("\(SNSTopic.certificatePath)") { _, _ in Response.text(try self.topic.certificate()) }
        router.post("sandbox/subscribe/ses") { _, _ in try self.subscribe() }
        router.get("sandbox/subscribe/ses") { _, _ in
            Response.json(ByteBuffer(json: ["confirmed": .boolean(self.topic.isConfirmed)]))
        }
    }

    func reset() { topic.reset() }

    /// The `SubscribeURL` of SNS's messages.
    func answerAtRoot(_ request: Request) -> Response? {
        let query = request.uri.queryParameters
        guard query["Action"] == "ConfirmSubscription" else { return nil }
        let isRight = topic.confirm(
            topic: query["TopicArn"].map { String($0) }, token: query["Token"].map { String($0) })
        let text =
            isRight
            ? "<ConfirmSubscriptionResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\">"
                + "<ConfirmSubscriptionResult><SubscriptionArn>\(settings.topicARN):0</SubscriptionArn>"
                + "</ConfirmSubscriptionResult></ConfirmSubscriptionResponse>"
            : "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type>"
                + "<Code>InvalidParameter</Code><Message>Invalid parameter: Token</Message></Error></ErrorResponse>"
        return Response(
            status: isRight ? .ok : .badRequest, headers: [.contentType: "text/xml"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let body = try await request.body.collect(upTo: 41_943_040)
        try AWSSignature.check(request, body: body, settings: settings)
        let mail = try SESRequest(body)
        if let set = mail.configurationSet, set != settings.configurationSet { throw SESError.configurationSet(set) }
        let mailbox = SpecialMailbox(address: mail.recipient.address)
        let submission = Submission(
            provider: "ses", delivery: mail.delivery, to: mail.recipient.address, body: mail.body,
            sid: "0100\(names.next().high.hexadecimal.prefix(12))-\(names.uuid())-000000",
            life: MessageLife(of: mailbox, initial: .accepted, script: settings.script), fate: mailbox?.fate,
            attachments: mail.attachments)
        if mailbox == .refused {
            engine.ledger.reject(submission)
            throw SESError.rejected
        }
        // Without the configuration set, SES publishes no events.
        let reports =
            mail.configurationSet == nil
            ? nil
            : settings.webhook.map {
                SESReports(about: mail, as: submission, to: $0, topic: topic)
            }
        let success = ByteBuffer(json: ["MessageId": .string(submission.sid)])
        return await engine.answer(
            submission, reports: reports, context, success: .json(success),
            failure: { SESError.server($0).response })
    }

    /// Sends the confirmation of the webhook's subscription to the topic.
    private func subscribe() throws -> Response {
        guard let url = settings.webhook else {
            throw HTTPError(.badRequest, message: "--ses-webhook is not given: there is nobody to subscribe")
        }
        let (id, token, time) = (names.uuid(), names.hexadecimal(), CivilTime.now())
        topic.expectConfirmation(by: token)
        var request = ByteBuffer()
        try topic.writeRequest(
            .subscriptionConfirmation(token: token), id: id, at: time, to: url, into: &request)
        engine.sender.send(SingleCallback(to: url) { [request] in $0.writeImmutableBuffer(request) })
        return Response.json(status: .accepted, ByteBuffer(json: ["id": .string(id)]))
    }

    /// As a receipt rule with the SNS action does.
    private func deliver(_ order: InboundOrder) throws -> Response {
        let mail = InboundMail(order: order, id: names.hexadecimal())
        let time = JSON.string(CivilTime(milliseconds: mail.at).iso8601)
        let about: JSON = [
            "timestamp": time, "source": .string(order.from), "messageId": .string(mail.id),
            "destination": [.string(order.to)], "headersTruncated": false,
            "commonHeaders": [
                "from": [.string(order.from)], "to": [.string(order.to)], "subject": .string(mail.subject),
                "messageId": .string(mail.messageID), "date": .string(mail.date),
            ],
        ]
        let receipt: JSON = [
            "timestamp": time, "processingTimeMillis": 300, "recipients": [.string(order.to)],
            "spamVerdict": ["status": "PASS"], "virusVerdict": ["status": "PASS"], "spfVerdict": ["status": "PASS"],
            "dkimVerdict": ["status": "PASS"],
            "action": ["type": "SNS", "topicArn": .string(settings.topicARN), "encoding": "UTF8"],
        ]
        let event: JSON = [
            "notificationType": "Received", "mail": about, "receipt": receipt, "content": .string(mail.content),
        ]
        var request = ByteBuffer()
        try topic.writeRequest(
            .notification(
                message: String(buffer: ByteBuffer(json: event)), subject: "Amazon SES Email Receipt Notification"),
            id: names.uuid(), at: mail.at, to: order.webhook, into: &request)
        engine.sender.send(SingleCallback(to: order.webhook) { [request] in $0.writeImmutableBuffer(request) })
        return .json(status: .accepted, ByteBuffer(json: ["id": .string(mail.id)]))
    }

    var about: String {
        """
        Amazon SES: region \(settings.region), access key \(settings.accessKeyID), secret \(settings.secretAccessKey)
          POST /v2/email/outbound-emails
          POST /sandbox/inbound/ses  {"from", "to", "subject"?, "body", "webhook"?}: sends a mail to you
          GET  /\(SNSTopic.certificatePath): what SNS signs with
          POST /sandbox/subscribe/ses: sends the confirmation of a subscription to the webhook
          GET  /sandbox/subscribe/ses: whether the address in it was visited
          events of the configuration set \(settings.configurationSet) go through the topic
          \(settings.topicARN) to \(settings.webhook?.text ?? "nowhere: --ses-webhook is not given")
        """
    }
}
