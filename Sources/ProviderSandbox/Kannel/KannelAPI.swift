import Hummingbird
import NIOCore

/// The sendsms interface of a Kannel gateway, and its delivery reports: nothing is signed.
final class KannelAPI: ProviderAPI {
    private let settings: KannelSettings
    private let engine: ProviderEngine
    private let names = UniqueNames()

    init(settings: KannelSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.get("cgi-bin/sendsms", answering: send)
        router.post("sandbox/inbound/kannel") { request, _ in
            try self.deliver(try await InboundOrder(request, webhook: self.settings.inboundURL))
        }
    }

    func reset() {}

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let message = try KannelRequest(query: request.uri.query ?? "", settings: settings)
        let number = SpecialNumber(digits: message.to)
        let statuses = number?.kannelReports(script: settings.script) ?? settings.script
        let wanted = statuses.filter { $0.bit & message.reportMask != 0 }
        let submission = Submission(
            provider: "kannel", delivery: message.delivery, to: message.to, body: message.text, sid: names.uuid(),
            life: MessageLife(initial: .accepted, reports: wanted), fate: number?.fate)
        if number == .notMobile {
            engine.ledger.reject(submission)
            throw KannelAnswer.notRoutable
        }
        let reports: KannelReports?
        do {
            reports = try message.reportURL.map { try KannelReports(about: message, as: submission, to: $0) }
        } catch let problem as CallbackURL.Problem {
            throw KannelAnswer.reportAddress(problem.message)
        }
        return await engine.answer(
            submission, reports: reports, context, success: KannelAnswer.accepted.response,
            failure: { KannelAnswer.server($0).response })
    }

    /// As `post-url` of an sms-service: the text is the body, the rest fills the escapes of the address.
    private func deliver(_ order: InboundOrder) throws -> Response {
        let (id, time) = (names.uuid(), CivilTime.now())
        let expanded = KannelEscapes.expand(order.webhook.text) { letter in
            switch letter {
            case "p": order.from
            case "P": order.to
            case "a", "b": order.body
            case "k": order.body.split(separator: " ").first.map(String.init) ?? ""
            case "I": id
            case "i": "SANDBOX"
            case "t": String(CivilTime(milliseconds: time).plain.dropLast(3))
            case "T": "\(time / 1000)"
            default: nil
            }
        }
        let url: CallbackURL
        do {
            url = try CallbackURL(expanded)
        } catch {
            throw HTTPError(.badRequest, message: "webhook: \(error.message)")
        }
        engine.sender.send(
            SingleCallback(to: url) { buffer in
                buffer.writeRequest(
                    to: url,
                    headers: [
                        ("User-Agent", "Kannel/1.4.5"), ("Content-Type", "text/plain; charset=UTF-8"),
                        ("X-Kannel-From", order.from), ("X-Kannel-To", order.to),
                        ("X-Kannel-Time", CivilTime(milliseconds: time).plain), ("X-Kannel-SMSC", "SANDBOX"),
                    ], body: ByteBuffer(string: order.body))
            })
        return Response.json(status: .accepted, ByteBuffer(json: ["id": .string(id)]))
    }

    var about: String {
        """
        Kannel: user \(settings.username), password \(settings.password)
          GET  /cgi-bin/sendsms?username&password&from&to&text&dlr-mask&dlr-url
          POST /sandbox/inbound/kannel  {"from", "to", "body", "webhook"?}: sends an inbound message to the webhook, in
          whose address Kannel's escapes such as %p are filled in
        """
    }
}
