import ChannelSDK
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import Pipeline

/// `/webhooks/{channel}` for providers, and `/webhooks` for those without an API of their own. A provider gets its
/// answer as soon as its request is durable.
struct WebhookRoutes: Sendable {
    let api: APIDependencies

    func add(to router: APIRouter) {
        for method in [HTTPTypes.HTTPRequest.Method.post, .get] {
            router.open(method, "/webhooks/{channel}", answersHead: false) { request, context in
                try await receive(request, context)
            }
        }
        router.open(.post, "/webhooks") { request, context in try await receiveForAccount(request, context) }
    }

    private func receive(_ request: Request, _ context: APIContext) async throws -> Response {
        let name = context.parameters.get("channel") ?? ""
        guard let channel = api.channels[name] else {
            // The provider is to come back: a report that is thrown away would be lost.
            if api.routing.absent.contains(name) {
                throw ProblemDetails(
                    .serviceUnavailable, "Channel left out",
                    detail: "the host runs without this channel's module for now",
                    retryAfter: 60)
            }
            throw ProblemDetails(.notFound, "Not found", detail: "no such channel is configured")
        }
        let (webhook, share) = try await webhook(request, context)
        defer { withExtendedLifetime(share) {} }
        if let gate = channel.gate { return try await receive(webhook, gate, name) }
        if let reply = channel.webhooks.handshake(webhook) { return response(reply) }
        if case .scheme(let verifier) = channel.webhooks.verification { try await verify(webhook, verifier, name) }
        let stored = channel.webhooks.verification.withoutSecret(webhook)
        try await store(ReceivedWebhook(origin: .channel(name), request: stored))
        return response(channel.webhooks.acknowledgement(of: webhook))
    }

    private func receive(_ webhook: WebhookRequest, _ gate: WebhookGate, _ name: String) async throws -> Response {
        do throws(WebhookTurnedAway) {
            return response(try await gate.receive(webhook))
        } catch {
            switch error {
            case .notGenuine(let verdict): try check(verdict, name)
            case .notDurable: throw ProblemDetails.notDurable
            case .unanswered: break
            }
        }
        // Not refused: the provider is to come again.
        throw ProblemDetails.unanswered(name)
    }

    private func receiveForAccount(_ request: Request, _ context: APIContext) async throws -> Response {
        guard let verifier = api.accountVerifier else {
            throw ProblemDetails(
                .notFound, "Not found",
                detail: "this address is closed: set webhooks.secret in channels.yaml to open it")
        }
        let (webhook, share) = try await webhook(request, context)
        defer { withExtendedLifetime(share) {} }
        try await verify(webhook, verifier, "account")
        var problems = AccountWebhook.problems(in: webhook.body)
        let account = AccountWebhook.account(in: webhook.body)
        if problems.isEmpty, account == nil, api.accounts != nil {
            problems.append(FieldProblem(field: "account", message: "is required: whose externalId it is"))
        }
        guard problems.isEmpty else {
            throw ProblemDetails(.unprocessableContent, "The report is not valid", errors: problems)
        }
        try await store(ReceivedWebhook(origin: .account(account ?? api.account), request: webhook))
        return Response(status: .accepted)
    }

    /// Nothing is known of its sender before it is verified: what it takes of the memory for bodies comes along.
    private func webhook(
        _ request: Request, _ context: APIContext
    ) async throws -> (WebhookRequest, share: BodyBudget.Share?) {
        let body = try await api.collect(request, upTo: api.limits.maxWebhookBody)
        var headers = HTTPHeaders()
        for field in request.headers { headers.add(field.name.rawName, field.value) }
        let webhook = WebhookRequest(
            method: request.method.rawValue, url: api.publicURL + request.uri.string, headers: headers,
            body: Array(body.buffer.readableBytesView), receivedAt: api.clock.now(),
            remoteAddress: context.remoteAddress(request, api.proxies))
        return (webhook, body.share)
    }

    private func verify(_ webhook: WebhookRequest, _ verifier: any WebhookVerifier, _ name: String) async throws {
        try check(await verifier.verify(webhook, now: webhook.receivedAt), name)
    }

    private func check(_ verdict: WebhookVerdict, _ name: String) throws {
        switch verdict {
        case .genuine: return
        case .refused(let reason):
            api.metrics.refusedWebhook(of: name)
            api.logger.warning("refused a webhook", metadata: ["channel": "\(name)", "reason": "\(reason)"])
            throw ProblemDetails(.forbidden, "Not genuine", detail: reason)
        case .undecided(let reason):
            // Providers come again after a 5xx, and most never after a 4xx.
            api.logger.warning("put off a webhook", metadata: ["channel": "\(name)", "reason": "\(reason)"])
            throw ProblemDetails(.serviceUnavailable, "Not verified", detail: reason, retryAfter: 10)
        }
    }

    private func store(_ webhook: ReceivedWebhook) async throws {
        do {
            try await api.intake.accept([webhook])
        } catch {
            throw ProblemDetails.notDurable
        }
    }

    private func response(_ reply: WebhookReply) -> Response {
        Response(
            status: .init(code: (200...599).contains(reply.status) ? reply.status : 500),
            headers: [.contentType: reply.contentType],
            body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }
}
