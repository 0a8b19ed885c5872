import Hummingbird
import NIOCore

/// Firebase Cloud Messaging's HTTP v1 API, and Google's token endpoint before it.
final class FCMAPI: ProviderAPI {
    private let settings: FCMSettings
    private let engine: ProviderEngine
    private let account: FCMAccount
    private let names = UniqueNames()

    init(settings: FCMSettings, engine: ProviderEngine) {
        self.settings = settings
        self.engine = engine
        account = FCMAccount(settings: settings)
    }

    func addRoutes(to router: Router<SandboxContext>) {
        router.post("v1/projects/{project}/{call}", answering: send)
        router.post("token", answering: giveToken)
        router.get("sandbox/fcm/service-account.json") { request, _ in
            let file = try self.account.file(tokenURL: "http://\(request.head.authority ?? "127.0.0.1")/token")
            return Response.json(ByteBuffer(json: file))
        }
        router.post("sandbox/fcm/revoke") { _, _ in
            self.account.revoke()
            return Response(status: .noContent)
        }
    }

    func reset() {}

    private func giveToken(_ request: Request, _ context: SandboxContext) async throws -> Response {
        let body = try await request.body.collect(upTo: 100_000)
        let form = FormFields(body)
        guard form?["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer" else {
            throw FCMTokenError(error: "unsupported_grant_type", description: "Invalid grant_type")
        }
        let token = try account.token(for: form?["assertion"] ?? "", at: CivilTime.now() / 1000)
        return .json(ByteBuffer(json: token))
    }

    private func send(_ request: Request, _ context: SandboxContext) async throws -> Response {
        guard context.parameters.get("call") == "messages:send" else { return Response(status: .notFound) }
        let words = (request.headers[.authorization] ?? "").split(separator: " ")
        guard words.count == 2, words[0] == "Bearer", account.holds(words[1], at: CivilTime.now() / 1000) else {
            throw FCMError.unauthenticated
        }
        guard context.parameters.get("project") == settings.project else { throw FCMError.forbidden }
        let message = try FCMRequest(try await request.body.collect(upTo: 100_000))
        let special = SpecialRegistration(token: message.token)
        let submission = Submission(
            provider: "fcm", delivery: message.delivery, to: message.token, body: message.body, sid: names.uuid(),
            life: MessageLife(initial: FCMStatus.sent, reports: []),
            fate: special == .silent ? .hung(taken: true) : nil)
        if let error = special?.error {
            // What is for good is in the ledger as refused; what passes may be tried again.
            if error.code < 429 { engine.ledger.reject(submission) }
            throw error
        }
        let name = "projects/\(settings.project)/messages/\(submission.sid)"
        return await engine.answer(
            submission, reports: nil, context, success: .json(ByteBuffer(json: ["name": .string(name)])),
            failure: { FCMError.server($0).response })
    }

    var about: String {
        """
        FCM: project \(settings.project)
          GET  /sandbox/fcm/service-account.json  the key file of a service account
          POST /token                             an access token for an assertion that it signed
          POST /v1/projects/\(settings.project)/messages:send
          POST /sandbox/fcm/revoke                ends every access token
          registration tokens that begin with one of these words and ':' have a meaning:
          \(SpecialRegistration.allCases.map(\.rawValue).joined(separator: ", "))
        """
    }
}
