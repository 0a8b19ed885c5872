import Crypto
import Hummingbird
import NIOCore
import Synchronization

/// Resend's emails API, and its webhooks.
final class ResendAPI: ProviderAPI {
    /// What came under an idempotency key.
    private struct Kept: Sendable {
        var payload: SHA256.Digest
        /// Nil until the mail is taken.
        var id: String?
    }

    private let settings: ResendSettings
    private let engine: ProviderEngine
    private let names = UniqueNames()
    private let kept = Mutex<[String: Kept]>([:])

    init(settings: ResendSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("emails", answering: send)
        router.post("sandbox/inbound/resend") { request, _ in
            self.deliver(try await InboundOrder(request, webhook: self.settings.webhook))
        }
    }

    func reset() {
        kept.withLock { $0 = [:] }
    }

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard let authorization = request.headers[.authorization] else { throw ResendError.keyMissing }
        guard authorization == "Bearer \(settings.apiKey)" else { throw ResendError.keyInvalid }
        let key = request.headers[.init("Idempotency-Key")!]
        guard (1...256).contains(key?.count ?? 1) else { throw ResendError.idempotencyKey }
        let body = try await request.body.collect(upTo: 41_943_040)
        let payload = SHA256.hash(data: body.readableBytesView)
        let mail = try ResendRequest(body)
        guard let key else { return try await send(mail, key: nil, payload: payload, context) }
        if let known = claim(key, payload) {
            guard known.payload == payload else { throw ResendError.otherPayload }
            guard let id = known.id else { throw ResendError.concurrent }
            // The mail is sent already. The ledger counts what is taken, and this is not.
            return Self.success(id)
        }
        defer { release(key) }
        return try await send(mail, key: key, payload: payload, context)
    }

    /// What is known of the key; nil when it is new, and now the caller's.
    private func claim(_ key: String, _ payload: SHA256.Digest) -> Kept? {
        kept.withLock { kept in
            if let known = kept[key] { return known }
            kept[key] = Kept(payload: payload, id: nil)
            return nil
        }
    }

    /// Forgets a key under which nothing was taken.
    private func release(_ key: String) {
        kept.withLock { kept in
            if let known = kept[key], known.id == nil { kept[key] = nil }
        }
    }

    private func send(
        _ mail: ResendRequest, key: String?, payload: SHA256.Digest, _ context: SandboxContext
    ) async throws -> Response {
        let mailbox = SpecialMailbox(address: mail.recipient.address)
        let submission = Submission(
            provider: "resend", delivery: key ?? mail.tags.deliveryMember, to: mail.recipient.address, body: mail.body,
            sid: names.uuid(), life: MessageLife(of: mailbox, initial: .accepted, script: settings.script),
            fate: mailbox?.fate,
            attachments: mail.attachments)
        if mailbox == .refused {
            engine.ledger.reject(submission)
            throw ResendError.invalid("to")
        }
        let reports = settings.webhook.map {
            ResendReports(about: mail, as: submission, to: $0, signer: settings.signer)
        }
        let verdict = await engine.decide(submission, reportsWanted: reports != nil, context) { reference, plan in
            if let key { kept.withLock { $0[key] = Kept(payload: payload, id: submission.sid) } }
            if let reports { engine.sender.send(plan, of: reports, reference: reference) }
        }
        switch verdict {
        case .accepted: return Self.success(submission.sid)
        case .failed(let status): throw ResendError.server(status)
        case .unanswered(let response): return response
        }
    }

    private static func success(_ id: String) -> Response {
        .json(ByteBuffer(json: ["id": .string(id)]))
    }

    /// Only what there is to know of the mail: its text is fetched by its id.
    private func deliver(_ order: InboundOrder) -> Response {
        let mail = InboundMail(order: order, id: names.uuid())
        let time = JSON.string(CivilTime(milliseconds: mail.at).iso8601)
        let data: JSON = [
            "email_id": .string(mail.id), "created_at": time, "from": .string(order.from), "to": [.string(order.to)],
            "cc": [], "bcc": [], "message_id": .string(mail.messageID), "subject": .string(mail.subject),
            "attachments": [],
        ]
        let body = ByteBuffer(json: ["type": "email.received", "created_at": time, "data": data])
        let (id, timestamp) = ("msg_" + names.hexadecimal().prefix(27), String(mail.at / 1000))
        let answer = engine.sender.send(
            mail,
            headers: [
                ("User-Agent", "Svix-Webhooks/1.62.0"), ("Content-Type", "application/json"), ("svix-id", id),
                ("svix-timestamp", timestamp),
                ("svix-signature", settings.signer.signature(id: id, timestamp: timestamp, body: body)),
            ], body: body)
        return .json(status: .accepted, answer)
    }

    var about: String {
        """
        Resend: API key \(settings.apiKey), webhook secret \(settings.signer.secret)
          POST /emails
          POST /sandbox/inbound/resend  {"from", "to", "subject"?, "body", "webhook"?}: sends a mail to you
          webhooks go to \(settings.webhook?.text ?? "nowhere: --resend-webhook is not given")
        """
    }
}
