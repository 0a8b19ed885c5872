internal import ChannelSDK
internal import Pipeline

struct GuardedParser: IsolatedParser {
    /// As the module said when it started.
    let verification: WebhookVerification
    private let parser: any WebhookParser
    private let calls: ModuleCalls

    /// What the provider waits for its answer.
    private static let receptionTime = Duration.seconds(10)
    /// How long the requests of one batch are read: other channels' wait meanwhile.
    private static let readingTime = Duration.seconds(1)

    /// To be made on a thread of the module's.
    init(_ parser: any WebhookParser, _ calls: ModuleCalls) {
        self.parser = parser
        self.calls = calls
        verification = parser.verification
    }

    func receptions(
        of requests: [WebhookRequest], judged: @escaping @Sendable (Int, WebhookReception?) -> Void
    ) async {
        switch verification {
        case .none: await judge(requests, by: nil, judged)
        case .scheme(let verifier as any PromptWebhookVerifier): await judge(requests, by: verifier, judged)
        case .scheme(let verifier):
            await calls.quickTasks("verify", of: requests, within: Self.receptionTime) { request in
                if let reply = handshake(with: request) { return reply }
                return reception(of: request, await verifier.verify(request, now: request.receivedAt))
            } ended: {
                judged($0, $1)
            }
        }
    }

    private func judge(
        _ requests: [WebhookRequest], by verifier: (any PromptWebhookVerifier)?,
        _ judged: @escaping @Sendable (Int, WebhookReception?) -> Void
    ) async {
        await calls.quickCalls("verify", of: requests, within: Self.receptionTime) { request in
            if let reply = handshake(with: request) { return reply }
            return reception(of: request, verifier?.verify(request, now: request.receivedAt) ?? .genuine)
        } ended: {
            judged($0, $1)
        }
    }

    private func handshake(with request: WebhookRequest) -> WebhookReception? {
        parser.handshake(request).map { .handshake(calls.bounds.bounded($0)) }
    }

    private func reception(of request: WebhookRequest, _ verdict: WebhookVerdict) -> WebhookReception {
        let bounds = calls.bounds
        guard verdict == .genuine else { return .judged(bounds.bounded(verdict)) }
        let stored = bounds.bounded(verification.withoutSecret(request), of: request)
        return .genuine(bounds.bounded(parser.acknowledgement(of: request)), stored: stored)
    }

    func contents(of requests: [WebhookRequest]) async -> [Result<WebhookContents, WebhookRefusal>?] {
        let end = ContinuousClock.now + Self.readingTime
        // However slow the module is, each batch gets on by one.
        let answers: [Result<WebhookContents, WebhookRefusal>?] = await calls.each(
            "parse", of: Array(requests.indices), overdue: .failure(Self.unread), notBegun: nil
        ) { index in
            index == 0 || .now < end ? self.read(requests[index]) : nil
        }
        guard calls.quick.isStuck else { return answers }
        // Nobody would come to read the others before the host is started again.
        return answers.map { $0 ?? .failure(WebhookRefusal(ModuleCalls.unavailable)) }
    }

    private static let unread = WebhookRefusal("the channel's module did not return from reading it")

    private func read(_ request: WebhookRequest) -> Result<WebhookContents, WebhookRefusal> {
        do throws(WebhookRefusal) {
            return .success(try calls.bounds.bounded(try parser.parse(request), of: request))
        } catch {
            return .failure(calls.bounds.bounded(error))
        }
    }

    // MARK: For who may block

    func handshake(_ request: WebhookRequest) -> WebhookReply? {
        calls.wait("handshake") { parser.handshake(request) }.flatMap { $0.map { calls.bounds.bounded($0) } }
    }

    func acknowledgement(of request: WebhookRequest) -> WebhookReply {
        calls.wait("acknowledgement") { parser.acknowledgement(of: request) }.map { calls.bounds.bounded($0) }
            ?? WebhookReply()
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let answer = calls.wait("parse", { read(request) }) else {
            throw WebhookRefusal(ModuleCalls.unavailable)
        }
        return try answer.get()
    }
}
