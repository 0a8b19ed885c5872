import Hummingbird
import NIOCore

/// Vonage's SMS API, and its delivery receipts.
final class VonageSMSAPI: ProviderAPI {
    private let settings: VonageSettings
    private let engine: ProviderEngine
    private let names = UniqueNames()

    init(settings: VonageSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("sms/json", answering: send)
        router.post("sandbox/inbound/vonage") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let message = try VonageSMSRequest(
            await request.body.collect(upTo: 262_144), contentType: request.headers[.contentType],
            authorization: request.headers[.authorization], settings: settings)
        let number = SpecialNumber(digits: message.to)
        let ids = (0..<SMSSegments.count(message.text)).map { _ in nextID() }
        let submission = submission(message, to: number, ids: ids)
        if number == .notMobile {
            engine.ledger.reject(submission)
            throw VonageSMSError.invalidMessage
        }
        let address = message.wantsReceipts ? message.callback ?? settings.webhook : nil
        let reports = address.map {
            let call = VonageCall(url: $0, settings: settings, names: names)
            return VonageReceipts(about: message, as: submission, ids: ids, call: call)
        }
        return await engine.answer(
            submission, reports: reports, context, success: Self.success(message, ids),
            failure: VonageSMSError.response(toFailure:))
    }

    private func submission(_ message: VonageSMSRequest, to number: SpecialNumber?, ids: [String]) -> Submission {
        let (statuses, code) = number?.vonageReceipts(script: settings.script) ?? (settings.script, nil)
        let reports = statuses.flatMap { Array(repeating: $0, count: ids.count) }
        return Submission(
            provider: "vonage", delivery: message.delivery, to: message.to, body: message.text, sid: ids[0],
            life: MessageLife(initial: .submitted, reports: reports, errorCode: code), fate: number?.fate)
    }

    private static func success(_ message: VonageSMSRequest, _ ids: [String]) -> Response {
        let messages = ids.map { id in
            JSON(present: [
                "to": .string(message.to), "message-id": .string(id), "status": "0", "remaining-balance": "9.96",
                "message-price": "0.03330000", "network": "31000",
                "client-ref": message.clientReference.map(JSON.string),
            ])
        }
        return .json(ByteBuffer(json: ["message-count": .string("\(ids.count)"), "messages": .array(messages)]))
    }

    private func deliver(_ order: InboundOrder) -> Response {
        let id = nextID()
        let call = VonageCall(url: order.webhook, settings: settings, names: names)
        let keyword = order.body.split(separator: " ").first.map { $0.uppercased() } ?? ""
        let fields = [
            ("msisdn", String(order.from.drop { $0 == "+" })), ("to", String(order.to.drop { $0 == "+" })),
            ("messageId", id), ("text", order.body), ("type", "text"), ("keyword", keyword),
            ("message-timestamp", CivilTime(milliseconds: CivilTime.now()).plain),
        ]
        engine.sender.send(SingleCallback(to: order.webhook) { call.write(fields, into: &$0) })
        return Response.json(status: .accepted, ByteBuffer(json: ["id": .string(id)]))
    }

    /// As Vonage writes them: 16 hexadecimal digits in capitals.
    private func nextID() -> String { names.next().low.hexadecimal.uppercased() }

    var about: String {
        """
        Vonage SMS API: key \(settings.apiKey), secret \(settings.apiSecret), signature secret \
        \(settings.signatureSecret ?? "none") (\(settings.signatureMethod.rawValue))
          POST /sms/json
          POST /sandbox/inbound/vonage  {"from", "to", "body", "webhook"?}: sends an inbound message
          receipts and statuses go to the message's own address, else \
        \(settings.webhook?.text ?? "nowhere: --vonage-webhook is not given")
        """
    }
}
