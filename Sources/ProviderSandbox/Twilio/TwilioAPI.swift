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
    /// Made once: nearly every message has one of these two.
    private let ordinaryLife: MessageLife
    private let pooledLife: MessageLife
    private let messages = Mutex<[String: TwilioMessage]>([:])

    init(settings: TwilioSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        account = TwilioAccount(settings)
        ordinaryLife = MessageLife(initial: .queued, reports: settings.script)
        pooledLife = MessageLife(initial: .accepted, reports: settings.script)
    }

    func addRoutes(to router: Router<SandboxContext>) {
        let accounts = router.group("\(Self.version)/Accounts/:account")
        accounts.post("Messages.json") { request, context in
            try await self.answer(request, context) { try await self.create(request, context) }
        }
        accounts.get("Messages/:message") { request, context in
            try await self.answer(request, context) { try self.show(request, context) }
        }
        TwilioInbound(account: account, sids: sids, sender: engine.sender).addRoutes(to: router)
    }

    func reset() {
        messages.withLock { $0 = [:] }
    }

    /// Checks the credentials, and writes an error as Twilio does.
    private func answer(
        _ request: Request, _ context: SandboxContext, _ body: () async throws -> Response
    ) async throws -> Response {
        do {
            let named = context.parameters.get("account") ?? ""
            guard account.admits(request.headers[.authorization], for: named) else { throw TwilioError.authentication }
            return try await body()
        } catch let error as TwilioError {
            var response = Response.json(status: HTTPResponse.Status(code: error.status), error.json)
            if error.status == 401 { response.headers[.wwwAuthenticate] = "Basic realm=\"Twilio API\"" }
            return response
        }
    }

    private func create(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let message = try TwilioRequest(await request.body.collect(upTo: Self.longestForm))
        let recipient = TwilioRecipient(rawValue: message.to)
        let submission = submission(message, to: recipient)
        if let error = recipient?.error {
            engine.ledger.reject(submission)
            throw error
        }
        let admission = engine.ledger.admit(submission, reportsWanted: message.callback != nil)
        let taken = admission.taken.map { take(message, as: submission, at: $0.reference, plan: $0.plan) }
        if admission.answerDelay > .zero {
            try? await Task.sleep(for: .nanoseconds(admission.answerDelay.nanoseconds))
        }
        switch admission.fate {
        case .refused(let status): throw TwilioError.server(status)
        case .throttled: throw TwilioError.tooManyRequests
        case .closed, .answerLost: return await context.closeConnection()
        case .hung: return await context.holdConnection()
        case .answered:
            guard let taken else { throw TwilioError.server(500) }
            return Response.json(status: .created, taken.json(account: account.sid, after: nil, at: taken.takenAt))
        }
    }

    private func submission(_ message: TwilioRequest, to recipient: TwilioRecipient?) -> Submission {
        let isPooled = message.messagingService != nil
        let life = recipient?.life(initial: isPooled ? .accepted : .queued, script: settings.script)
        return Submission(
            provider: "twilio", delivery: message.callback?.delivery, to: message.to, body: message.body,
            sid: sids.next(), life: life ?? (isPooled ? pooledLife : ordinaryLife), fate: recipient?.fate)
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
        let recipients = TwilioRecipient.allCases.map { "  \($0.rawValue)  \($0.meaning)" }
        return """
            Twilio
              POST /\(Self.version)/Accounts/\(account.sid)/Messages.json
              GET  /\(Self.version)/Accounts/\(account.sid)/Messages/{sid}.json
              POST /sandbox/inbound  {"from", "to", "body", "webhook"}: sends an inbound message to the webhook

            An ordinary message is reported \(settings.script.map(\.rawValue).joined(separator: ", ")). Recipients with a meaning:
            \(recipients.joined(separator: "\n"))
            """
    }
}
