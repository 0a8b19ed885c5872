import FoundationEssentials
import Hummingbird
import NIOCore

/// Plivo's Message API, and its signed callbacks.
final class PlivoAPI: ProviderAPI {
    private let settings: PlivoSettings
    private let engine: ProviderEngine
    private let signer: PlivoSigner
    private let authorization: String
    private let names = UniqueNames()

    init(settings: PlivoSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        signer = PlivoSigner(token: settings.authToken)
        authorization = "Basic " + Data("\(settings.authID):\(settings.authToken)".utf8).base64EncodedString()
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("v1/Account/:account/Message", answering: send)
        router.post("sandbox/inbound/plivo") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: nil))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard context.parameters.get("account") == settings.authID, request.headers[.authorization] == authorization
        else { throw PlivoError.authentication }
        let message = try PlivoRequest(await request.body.collect(upTo: 262_144))
        let number = SpecialNumber(digits: message.to)
        let parts = settings.reportsSegments ? SMSSegments.count(message.text) : 1
        let submission = submission(message, to: number, parts: parts)
        if number == .notMobile {
            engine.ledger.reject(submission)
            throw PlivoError.invalid("dst", message.to)
        }
        let reports = message.callback.map {
            let call = PlivoCall(url: $0, signer: signer, names: names)
            return PlivoReports(about: message, as: submission, call: call, parts: parts)
        }
        let success: JSON = [
            "api_id": .string(names.uuid()), "message": "message(s) queued",
            "message_uuid": [.string(submission.sid)],
        ]
        return await engine.answer(
            submission, reports: reports, context, success: .json(status: .accepted, ByteBuffer(json: success)),
            failure: { PlivoError.server($0).response })
    }

    private func submission(_ message: PlivoRequest, to number: SpecialNumber?, parts: Int) -> Submission {
        let (statuses, code) = number?.plivoReports(script: settings.script) ?? (settings.script, nil)
        let reports = statuses.flatMap { Array(repeating: $0, count: parts) }
        return Submission(
            provider: "plivo", delivery: message.callback?.delivery, to: message.to, body: message.text,
            sid: names.uuid(), life: MessageLife(initial: .queued, reports: reports, errorCode: code),
            fate: number?.fate)
    }

    private func deliver(_ order: InboundOrder) -> Response {
        let id = names.uuid()
        let call = PlivoCall(url: order.webhook, signer: signer, names: names)
        let fields: [PlivoSigner.Field] = [
            ("From", String(order.from.drop { $0 == "+" })), ("MessageUUID", id), ("Text", order.body),
            ("To", String(order.to.drop { $0 == "+" })), ("TotalAmount", "0"), ("TotalRate", "0"), ("Type", "sms"),
            ("Units", "\(SMSSegments.count(order.body))"),
        ]
        engine.sender.send(SingleCallback(to: order.webhook) { call.write(fields, into: &$0) })
        return Response.json(status: .accepted, ByteBuffer(json: ["id": .string(id)]))
    }

    var about: String {
        """
        Plivo: token \(settings.authToken)
          POST /v1/Account/\(settings.authID)/Message/
          POST /sandbox/inbound/plivo  {"from", "to", "body", "webhook"}: sends an inbound message to the webhook
        """
    }
}
