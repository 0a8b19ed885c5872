import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization

/// Twilio's Messages API, and its signed webhooks.
final class TwilioAPI: ProviderAPI {
    static let version = "2010-04-01"
    private static let longestForm = 65_536

    private let settings: TwilioSettings
    private let account: TwilioAccount
    private let engine: ProviderEngine
    private let sids = TwilioSIDs()
    private let lives: TwilioLives
    private let messages = Mutex<[String: TwilioMessage]>([:])

    init(settings: TwilioSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        account = TwilioAccount(settings)
        lives = TwilioLives(settings)
    }

    func addRoutes(to router: Router<SandboxContext>) {
        let accounts = router.group("\(Self.version)/Accounts/:account")
        accounts.post("Messages.json", answering: create)
        accounts.get("Messages/:message", answering: show)
        TwilioInbound(account: account, sids: sids, sender: engine.sender).addRoutes(to: router)
    }

    func reset() {
        messages.withLock { $0 = [:] }
    }

    private func check(_ request: Request, _ context: SandboxContext) throws(TwilioError) {
        let named = context.parameters.get("account") ?? ""
        guard account.admits(request.headers[.authorization], for: named) else { throw .authentication }
    }

    private func create(_ request: Request, _ context: SandboxContext) async throws -> Response {
        try check(request, context)
        let message = try TwilioRequest(await request.body.collect(upTo: Self.longestForm))
        let number = SpecialNumber(rawValue: String(message.recipient))
        let submission = Submission(
            provider: message.isOnWhatsApp ? "twilio-whatsapp" : "twilio", delivery: message.callback?.delivery,
            to: message.to, body: message.body, sid: sids.next(), life: lives.life(of: message, to: number),
            fate: number?.fate)
        if let error = number?.twilioError(onWhatsApp: message.isOnWhatsApp, isTemplate: message.isTemplate) {
            engine.ledger.reject(submission)
            throw error
        }
        let verdict = await engine.decide(submission, reportsWanted: message.callback != nil, context) {
            take(message, as: submission, at: $0, plan: $1)
        }
        switch verdict {
        case .accepted(let taken):
            return Response.json(status: .created, taken.json(account: account.sid, after: nil, at: taken.takenAt))
        case .failed(status: 429): throw TwilioError.tooManyRequests
        case .failed(let status): throw TwilioError.server(status)
        case .unanswered(let response): return response
        }
    }

    private func take(
        _ request: TwilioRequest, as submission: Submission, at reference: LedgerReference, plan: ReportPlan
    ) -> TwilioMessage {
        let message = TwilioMessage(
            sid: submission.sid, request: request.withoutCallback, life: submission.life, plan: plan,
            takenAt: CivilTime.now())
        messages.withLock { $0[message.sid] = message }
        if let url = request.callback {
            let callback = TwilioStatusCallback(about: message, to: url, account: account)
            engine.sender.send(plan, of: callback, reference: reference)
        }
        return message
    }

    private func show(_ request: Request, _ context: SandboxContext) throws -> Response {
        try check(request, context)
        let name = context.parameters.get("message") ?? ""
        guard name.hasSuffix(".json"), let message = messages.withLock({ $0[String(name.dropLast(5))] }) else {
            throw TwilioError.notFound(request.uri.path)
        }
        let now = CivilTime.now()
        return Response.json(message.json(account: account.sid, after: message.step(at: now), at: now))
    }
}

extension TwilioAPI {
    var about: String {
        """
        Twilio: SMS, and WhatsApp from and to whatsapp:+…
          POST /\(Self.version)/Accounts/\(account.sid)/Messages.json
          GET  /\(Self.version)/Accounts/\(account.sid)/Messages/{sid}.json
          POST /sandbox/inbound  {"from", "to", "body", "webhook"}: sends an inbound message to the webhook

        An ordinary SMS is reported \(settings.script.map(\.rawValue).joined(separator: ", ")), a WhatsApp message
        \(settings.whatsAppScript.map(\.rawValue).joined(separator: ", ")).
        """
    }
}
