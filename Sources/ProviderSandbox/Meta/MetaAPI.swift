import FoundationEssentials
import Hummingbird
import NIOCore

/// Meta's Cloud API for WhatsApp, and its signed webhooks.
final class MetaAPI: ProviderAPI {
    private let settings: MetaSettings
    private let engine: ProviderEngine
    private let webhook: MetaWebhook?
    private let names = UniqueNames()

    init(settings: MetaSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        webhook = settings.webhook.map { MetaWebhook(to: $0, settings: settings) }
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post(":version/:number/messages", answering: send)
        router.post("sandbox/inbound/meta") { request, _ in
            try await self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
        router.post("sandbox/verify/meta") { _, _ in try await self.verifyWebhook() }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard Self.isVersion(context.parameters.get("version") ?? "") else {
            throw MetaError.unknownPath(request.uri.path)
        }
        guard request.headers[.authorization] == "Bearer \(settings.accessToken)" else { throw MetaError.token }
        let number = context.parameters.get("number") ?? ""
        guard number == settings.phoneNumberID else { throw MetaError.unknownObject(number) }
        let message = try MetaRequest(await request.body.collect(upTo: 262_144))
        let special = SpecialNumber(digits: message.recipient)
        let submission = Submission(
            provider: "meta", delivery: message.callbackData, to: message.to, body: message.body, sid: nextID(),
            life: special?.metaLife(script: settings.script, isTemplate: message.isTemplate)
                ?? MessageLife(initial: .accepted, reports: settings.script),
            fate: special?.fate)
        if let error = special?.metaError(isTemplate: message.isTemplate) {
            engine.ledger.reject(submission)
            throw error
        }
        let reports = webhook.map { MetaReports(about: message, as: submission, to: $0) }
        return await engine.answer(
            submission, reports: reports, context, success: Self.success(message, id: submission.sid),
            failure: { MetaError.server($0).response })
    }

    /// What Meta does when an address is entered for webhooks: it wants its challenge back.
    private func verifyWebhook() async throws -> Response {
        guard let url = settings.webhook else {
            throw HTTPError(.badRequest, message: "--meta-webhook is not given: there is no address to verify")
        }
        let challenge = "\(UInt64.random(in: 1_000_000_000...9_999_999_999))"
        var query = ByteBuffer(string: "hub.mode=subscribe&hub.challenge=\(challenge)&hub.verify_token=")
        query.writeFormEncoded(settings.verifyToken)
        let question = ReceiverQuestion(url, query: String(buffer: query), userAgent: "facebookplatform/1.0")
        let answer = try? await question.ask(on: engine.group.next())
        let isVerified = answer?.status == 200 && answer?.body == challenge
        return Response.json(
            status: isVerified ? .ok : .badGateway,
            ByteBuffer(
                json: JSON(present: [
                    "verified": .boolean(isVerified), "status": answer.map { .number("\($0.status)") },
                ])))
    }

    private static func success(_ message: MetaRequest, id: String) -> Response {
        var taken: JSON = ["id": .string(id)]
        if message.isTemplate { taken = ["id": .string(id), "message_status": "accepted"] }
        let answer: JSON = [
            "messaging_product": "whatsapp",
            "contacts": [["input": .string(message.to), "wa_id": .string(message.recipient)]],
            "messages": [taken],
        ]
        return Response.json(ByteBuffer(json: answer))
    }

    /// `v25.0`
    private static func isVersion(_ text: String) -> Bool {
        let parts = text.dropFirst().split(separator: ".", omittingEmptySubsequences: false)
        return text.first == "v" && parts.count == 2 && parts.allSatisfy { UInt($0) != nil }
    }

    private func nextID() -> String {
        "wamid." + Data(("HBgLMTU1NTEyMzQ1NjcVAgARGBI" + names.hexadecimal()).utf8).base64EncodedString()
    }

    private func deliver(_ order: InboundOrder) async throws -> Response {
        let id = nextID()
        let webhook = MetaWebhook(to: order.webhook, settings: settings)
        let from = JSON.string(String(order.from.drop { $0 == "+" }))
        engine.sender.send(
            SingleCallback(to: order.webhook) { buffer in
                let message: JSON = [
                    "from": from, "id": .string(id), "timestamp": .string("\(CivilTime.now() / 1000)"),
                    "text": ["body": .string(order.body)], "type": "text",
                ]
                let contact: JSON = ["profile": ["name": "Sandbox"], "wa_id": from]
                webhook.write(["contacts": [contact], "messages": [message]], into: &buffer)
            })
        return Response.json(status: .accepted, ByteBuffer(json: ["id": .string(id)]))
    }

    var about: String {
        """
        Meta (WhatsApp Cloud API): access token \(settings.accessToken), app secret \(settings.appSecret)
          POST /v25.0/\(settings.phoneNumberID)/messages
          POST /sandbox/inbound/meta  {"from", "to", "body", "webhook"?}: sends an inbound message to the webhook
          POST /sandbox/verify/meta: has the webhook's address prove itself, as when it is entered at Meta's
          statuses go to \(settings.webhook?.text ?? "nowhere: --meta-webhook is not given")
        """
    }
}
