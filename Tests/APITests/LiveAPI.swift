import API
import Accounts
import ChannelSDK
import ChannelSMS
import CoreMetrics
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import InProcess
import Logging
import NIOCore
import Pipeline
import SQLiteBackend
import Synchronization

/// A provider that takes everything, or what the test says; remembers what it was asked.
final class ScriptedProvider: Transport {
    private let state = Mutex<(requests: [String], taken: Int)>(([], 0))
    private let isSilent = Atomic(false)
    private let busy = Mutex<ChannelSDK.HTTPResponse?>(nil)
    private let kept = Mutex<[@Sendable () -> Void]?>(nil)

    var bodies: [String] { state.withLock { $0.requests } }

    /// From now on requests arrive and their answers are lost.
    func loseAnswers() { isSilent.store(true, ordering: .sequentiallyConsistent) }

    func answerAgain() { isSilent.store(false, ordering: .sequentiallyConsistent) }

    /// From now on requests are answered that they come too soon.
    /// - Parameter retryAfter: seconds before which no other shall come.
    func beBusy(retryAfter: Int? = nil) {
        let headers: HTTPHeaders = retryAfter.map { ["Retry-After": "\($0)"] } ?? [:]
        busy.withLock { $0 = ChannelSDK.HTTPResponse(status: 503, headers: headers) }
    }

    /// From now on answers are kept until ``release()``.
    func keepAnswers() { kept.withLock { $0 = [] } }

    func release() {
        let answers = kept.withLock { kept in
            defer { kept = nil }
            return kept ?? []
        }
        for answer in answers { answer() }
    }

    func submit(
        _ requests: [ChannelSDK.HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        let ends = requests.enumerated().map { index, request in
            let number = state.withLock { state in
                state.requests.append(String(decoding: request.body, as: UTF8.self))
                state.taken += 1
                return state.taken
            }
            if isSilent.load(ordering: .sequentiallyConsistent) {
                let lost = TransportFailure(reason: .reset, mayHaveBeenSent: true, message: "the connection was reset")
                return TransportCompletion(index: index, result: .failure(lost))
            }
            if let refusal = busy.withLock({ $0 }) {
                return TransportCompletion(index: index, result: .success(refusal))
            }
            let sid = "SM" + String(repeating: "0", count: 24) + String(10_000_000 + number)
            let body = #"{"sid":"\#(sid)","status":"queued"}"#
            return TransportCompletion(index: index, result: .success(.init(status: 201, body: Array(body.utf8))))
        }
        let isKept = kept.withLock { kept in
            kept?.append { completion(ends) }
            return kept != nil
        }
        if !isKept { completion(ends) }
    }
}

/// The whole API over a real pipeline and a real store, with a scripted provider.
struct LiveAPI {
    static let token = "a token for tests"
    static let publicURL = "https://notify.example.com"
    static let unsubscribeSecret = Secret("a secret of tests, long enough for anybody")
    static let webhookKey = Secret("whsec_" + Data(repeating: 7, count: 32).base64EncodedString())

    let client: any TestClientProtocol
    let provider: ScriptedProvider
    let backend: SQLiteBackend
    let isOverloaded: Switch
    let routes: [APIRoute]
    /// What the API stands on here.
    let dependencies: APIDependencies
    /// The turns that an event stream has before the host says that it stops.
    let turns: Turns

    static let quiet = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Runs `body` against a host that is made for it and taken down after it.
    static func run(
        uncertain: UncertainPolicy = .awaitCallback, checks: [APIHealth.Check] = [],
        limits: APILimits = APILimits(maxBody: 1 << 20, maxBatch: 1000), retention: SQLiteBackend.Retention = .init(),
        accounts: (@Sendable (SQLiteBackend) async throws -> AccountService)? = nil,
        begins: @escaping @Sendable () async -> Void = {},
        metrics: APIMetrics = APIMetrics(), pipelineMetrics: any MetricsFactory = NOOPMetricsHandler.instance,
        limiter: RequestLimiter? = nil, proxies: TrustedProxies = TrustedProxies(), test: TestingSetup = .router,
        reload: (@Sendable () async -> ReloadOutcome)? = nil,
        _ body: @escaping @Sendable (LiveAPI) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("api-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let backend = try SQLiteBackend(
            .init(path: folder.appendingPathComponent("t.db").path, retention: retention), logger: quiet)
        let provider = ScriptedProvider()
        let (overload, turns) = (Switch(), Turns())
        let pipeline = try pipeline(backend, provider, uncertain, quiet, pipelineMetrics)
        var dependencies = try dependencies(pipeline, backend, overload, quiet)
        dependencies.limits = limits
        dependencies.metrics = metrics
        dependencies.accounts = try await accounts?(backend)
        dependencies.health = APIHealth(checks: checks, isReady: { turns.take() })
        (dependencies.limiter, dependencies.proxies) = (limiter, proxies)
        dependencies.reload = reload
        dependencies.unsubscribeKeys = UnsubscribeKeys(unsubscribeSecret)
        let (router, parts) = (APIRouter.switchboard(dependencies), dependencies)
        let (application, routes) = (Application(router: router), router.routes)
        try await withThrowingTaskGroup { group in
            group.addTask {
                await begins()
                try await pipeline.run()
            }
            try await application.test(test) { client in
                try await body(
                    LiveAPI(
                        client: client, provider: provider, backend: backend, isOverloaded: overload,
                        routes: routes, dependencies: parts, turns: turns))
            }
            pipeline.stop()
            try await group.waitForAll()
        }
        await backend.close()
    }

    private static func pipeline(
        _ backend: SQLiteBackend, _ provider: ScriptedProvider, _ uncertain: UncertainPolicy, _ logger: Logger,
        _ metrics: any MetricsFactory
    ) throws -> NotificationPipeline {
        let clock = SQLiteBackend.SystemClock()
        let host = ChannelHost(
            channel: "sms", publicURL: publicURL, transport: provider, cache: InProcessCache(clock: clock),
            rateLimiter: InProcessRateLimiter(clock: clock), clock: clock, logger: logger)
        let configuration = ChannelConfiguration(
            provider: "twilio",
            values: [
                "account_sid": .string("AC" + String(repeating: "0", count: 32)), "auth_token": .secret(Secret(token)),
                "from": .string("+15005550006"), "base_url": .string("https://api.twilio.com"),
            ])
        let channel = try SMSChannel(configuration: configuration, host: host)
        var policy = DeliveryPolicy()
        policy.uncertain = uncertain
        let law = ChannelLaw(order: try StatusOrder(checking: SMSChannel.statuses), policy: policy)
        return NotificationPipeline(
            channels: [
                "sms": .init(
                    channel: channel, module: "sms", host: host, law: law, dispatch: .init(), limits: [],
                    timeout: .seconds(5))
            ],
            log: backend.log, store: backend.store, clock: clock, owner: OwnerID(UUID().uuidString), logger: logger,
            metrics: metrics)
    }

    private static func dependencies(
        _ pipeline: NotificationPipeline, _ backend: SQLiteBackend, _ overload: Switch, _ logger: Logger
    ) throws -> APIDependencies {
        let parser = TwilioDoor(token: token)
        return APIDependencies(
            channels: [
                "sms": APIChannel(
                    module: "sms", validate: { parser.channel.validate($0) }, webhooks: parser.channel.webhooks),
                "guarded": APIChannel(module: "sms", validate: { _ in [] }, webhooks: GuardedDoor()),
                "unsure": APIChannel(module: "sms", validate: { _ in [] }, webhooks: UnsureDoor()),
            ],
            routing: RoutingTable(channels: ["sms"], routes: ["alerts": [.init(tags: ["x"], channels: ["sms"])]]),
            templates: try TestTemplates.catalog(greeting: "Hi"), optOutLists: ["sms"],
            laws: pipeline.laws, intake: pipeline.intake, finder: pipeline.finder, log: backend.log,
            store: backend.store, clock: SQLiteBackend.SystemClock(), publicURL: publicURL,
            accountVerifier: try StandardWebhooks(key: webhookKey), isOverloaded: { overload.isOn },
            obstacle: { pipeline.dispatchers[$0]?.obstacle },
            health: APIHealth(checks: [], isReady: { true }), logger: logger)
    }

    // MARK: Requests

    func post(_ path: String, _ body: String, type: String = "application/json") async throws -> TestResponse {
        try await client.execute(
            uri: path, method: .post, headers: [.contentType: type], body: ByteBuffer(string: body))
    }

    func delete(_ path: String) async throws -> TestResponse { try await client.execute(uri: path, method: .delete) }

    func get(_ path: String) async throws -> TestResponse { try await client.execute(uri: path, method: .get) }

    /// As a client asks that comes back when it is told to: a slow machine says 503 until the projection is there.
    func getWhenProjected(_ path: String) async throws -> TestResponse {
        while true {
            try Task.checkCancellation()
            let response = try await get(path)
            guard response.status == .serviceUnavailable else { return response }
        }
    }

    /// A status callback as Twilio signs it.
    func callback(
        _ form: String, query: String = "", signature: String? = nil
    ) async throws -> TestResponse {
        let path = "/webhooks/sms" + (query.isEmpty ? "" : "?" + query)
        let request = WebhookRequest(
            method: "POST", url: Self.publicURL + path,
            headers: ["Content-Type": "application/x-www-form-urlencoded"], body: Array(form.utf8),
            receivedAt: .distantPast)
        let signed = URLFormSignature(header: "X-Twilio-Signature", key: Secret(Self.token)).signature(of: request)
        return try await client.execute(
            uri: path, method: .post,
            headers: [
                .contentType: "application/x-www-form-urlencoded",
                .init("X-Twilio-Signature")!: signature ?? signed,
            ], body: ByteBuffer(string: form))
    }

    /// The notification once `condition` holds of it; the pipeline needs a moment.
    func notification(_ id: String, until condition: ([String: Any]) -> Bool) async throws -> [String: Any] {
        while true {
            try Task.checkCancellation()
            let response = try await getWhenProjected("/notifications/\(id)")
            guard response.status == .ok else { throw Unexpected(what: "GET says \(response.status)") }
            let json = response.json
            if condition(json) { return json }
            await Task.yield()
        }
    }
}

struct Unexpected: Error { let what: String }

final class Switch: Sendable {
    private let state = Atomic(false)
    var isOn: Bool { state.load(ordering: .relaxed) }
    func set(_ on: Bool) { state.store(on, ordering: .relaxed) }
}

/// Counts down; without a limit until one is set.
final class Turns: Sendable {
    private let remaining = Atomic(Int.max)
    var left: Int { remaining.load(ordering: .relaxed) }
    func set(_ count: Int) { remaining.store(count, ordering: .relaxed) }
    func take() -> Bool { remaining.wrappingSubtract(1, ordering: .relaxed).oldValue > 0 }
}

/// A channel instance for the door only.
struct TwilioDoor: Sendable {
    let channel: SMSChannel

    init(token: String) {
        let clock = SQLiteBackend.SystemClock()
        let host = ChannelHost(
            channel: "sms", publicURL: LiveAPI.publicURL, transport: ScriptedProvider(),
            cache: InProcessCache(clock: clock), rateLimiter: InProcessRateLimiter(clock: clock), clock: clock,
            logger: Logger(label: "test"))
        // The settings are right: the pipeline's own instance is made of the same.
        channel = try! SMSChannel(
            configuration: ChannelConfiguration(
                provider: "twilio",
                values: [
                    "account_sid": .string("AC" + String(repeating: "0", count: 32)),
                    "auth_token": .secret(Secret(token)), "from": .string("+15005550006"),
                    "base_url": .string("https://api.twilio.com"),
                ]), host: host)
    }
}

/// Believes one address, for the door only.
struct GuardedDoor: WebhookParser {
    let verification = WebhookVerification.scheme(AllowedAddresses([IPNetwork("192.0.2.7")!]))

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents { WebhookContents() }
}

/// Can't tell now.
struct UnsureDoor: WebhookParser, WebhookVerifier {
    var name: String { "nothing" }
    var verification: WebhookVerification { .scheme(self) }

    func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict { .undecided("the certificate is away") }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents { WebhookContents() }
}

extension TestResponse {
    var text: String { String(buffer: body) }
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.readableBytesView)) as? [String: Any]) ?? [:]
    }

    /// The fields that a problem names.
    var fields: [String] { (json["errors"] as? [[String: Any]] ?? []).compactMap { $0["field"] as? String } }
}
