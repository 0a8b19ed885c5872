import FoundationEssentials
import Hummingbird
import NIOCore

/// Vonage's Messages API, and its signed webhooks.
final class VonageMessagesAPI: ProviderAPI {
    private let settings: VonageSettings
    private let engine: ProviderEngine
    private let names = UniqueNames()

    init(settings: VonageSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("v1/messages", answering: send)
        router.post("sandbox/inbound/vonage-messages") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard admits(request.headers[.authorization] ?? "") else { throw VonageMessagesError.unauthorized }
        let message = try VonageMessagesRequest(await request.body.collect(upTo: 262_144))
        let submission = submission(message)
        if SpecialNumber(digits: message.to) == .notMobile {
            engine.ledger.reject(submission)
            throw VonageMessagesError.invalid("to", "it can get no messages")
        }
        let reports = (message.callback ?? settings.webhook).map {
            let call = VonageMessagesCall(url: $0, settings: settings, names: names)
            return VonageMessagesReports(about: message, as: submission, call: call)
        }
        let success = ByteBuffer(json: ["message_uuid": .string(submission.sid)])
        return await engine.answer(
            submission, reports: reports, context, success: .json(status: .accepted, success),
            failure: { VonageMessagesError.server($0).response })
    }

    /// The account's key and secret; or a token of an application's, whose key the sandbox does not know: its shape.
    private func admits(_ authorization: String) -> Bool {
        let credentials = Data("\(settings.apiKey):\(settings.apiSecret)".utf8).base64EncodedString()
        if authorization == "Basic \(credentials)" { return true }
        let parts = authorization.split(separator: " ").last?.split(separator: ".") ?? []
        guard authorization.hasPrefix("Bearer "), parts.count == 3 else { return false }
        let claims = Self.decode(parts[1])
        return Self.decode(parts[0])?["alg"]?.nonEmpty != nil && claims?["application_id"]?.nonEmpty != nil
            && claims?["iat"] != nil && claims?["jti"]?.nonEmpty != nil
    }

    private static func decode(_ part: Substring) -> JSON? {
        let base64 = part.replacing("-", with: "+").replacing("_", with: "/")
        let padding = String(repeating: "=", count: (4 - base64.utf8.count % 4) % 4)
        return Data(base64Encoded: base64 + padding).flatMap { JSONParser.parse(ByteBuffer(bytes: $0)) }
    }

    private func submission(_ message: VonageMessagesRequest) -> Submission {
        let number = SpecialNumber(digits: message.to)
        let onWhatsApp = message.channel == "whatsapp"
        var script = settings.messagesScript
        if onWhatsApp, script.last == .delivered { script.append(.read) }
        return Submission(
            provider: "vonage-messages", delivery: message.delivery, to: message.to, body: message.body,
            sid: names.uuid(),
            life: number?.vonageMessageLife(script: script, onWhatsApp: onWhatsApp, isTemplate: message.isTemplate)
                ?? MessageLife(initial: .accepted, reports: script),
            fate: number?.fate)
    }

    private func deliver(_ order: InboundOrder) -> Response {
        let id = names.uuid()
        let call = VonageMessagesCall(url: order.webhook, settings: settings, names: names)
        let message: JSON = [
            "to": .string(String(order.to.drop { $0 == "+" })), "from": .string(String(order.from.drop { $0 == "+" })),
            "channel": "sms", "message_uuid": .string(id),
            "timestamp": .string(CivilTime(milliseconds: CivilTime.now()).iso8601), "message_type": "text",
            "text": .string(order.body),
        ]
        engine.sender.send(SingleCallback(to: order.webhook) { call.write(message, into: &$0) })
        return Response.json(status: .accepted, ByteBuffer(json: ["id": .string(id)]))
    }

    var about: String {
        """
        Vonage Messages API: the same credentials, or a token of an application's
          POST /v1/messages
          POST /sandbox/inbound/vonage-messages  {"from", "to", "body", "webhook"?}: sends an inbound message
        """
    }
}
