import ChannelCallback
import ChannelSDK
import Foundation
import InProcess
import Logging
import Pipeline
import SQLiteBackend
import Synchronization

/// An application's receivers: each takes everything, or answers as the test says; verifies what it gets.
final class CallbackReceivers: Transport {
    struct Call: Sendable {
        let url: String
        let webhookID: String
        let event: Event
    }

    struct Event: Decodable, Sendable {
        struct Change: Decodable, Sendable {
            let notificationId, account, channel, status: String
            let sequence: Int
        }
        let id: String
        let data: Change
    }

    private struct State {
        var calls: [Call] = []
        var forged = 0
        var answer: @Sendable (String, Int) -> HTTPResult = { _, _ in .success(HTTPResponse(status: 200)) }
    }

    static let secret = Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    private let state = Mutex(State())
    private let clock: HeldClock

    init(clock: HeldClock) { self.clock = clock }

    /// Those that came to be answered, refused ones too.
    var calls: [Call] { state.withLock { $0.calls } }
    var forged: Int { state.withLock { $0.forged } }

    func calls(to url: String) -> [Call] { calls.filter { $0.url == url } }

    /// - Parameter answer: of a URL, and the number of the call, over all URLs, from 1.
    func answer(_ answer: @escaping @Sendable (String, Int) -> HTTPResult) { state.withLock { $0.answer = answer } }

    func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        let verifier = try? StandardWebhooks(key: Self.secret)
        let results = requests.map { request in
            let received = WebhookRequest(
                method: request.method, url: request.url, headers: request.headers, body: request.body,
                receivedAt: clock.now())
            let isGenuine = verifier?.verify(received, now: clock.now()) == .genuine
            let event = UntrustedJSON.decode(Event.self, from: request.body)
            return state.withLock { state in
                guard isGenuine, let event else {
                    state.forged += 1
                    return HTTPResult.success(HTTPResponse(status: 400))
                }
                state.calls.append(
                    Call(url: request.url, webhookID: request.headers["webhook-id"] ?? "", event: event))
                return state.answer(request.url, state.calls.count)
            }
        }
        completion(results.enumerated().map { TransportCompletion(index: $0, result: $1) })
    }
}

/// The host's flow over a real store and log: a channel `sms` that takes everything, and callbacks.
struct CallbackWorld: Sendable {
    let pipeline: NotificationPipeline
    let receivers: CallbackReceivers
    let clock: HeldClock

    static func url(_ name: String) -> String { "https://\(name).example.com/hooks" }

    /// The database's file, for a host that starts again on it.
    struct Disk: Sendable {
        let folder: URL
        var path: String { folder.appendingPathComponent("t.db").path }

        static func with(_ body: (Disk) async throws -> Void) async throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("callbacks-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            try await body(Disk(folder: folder))
        }
    }

    /// One run of the host.
    static func run(
        on disk: Disk, _ subscriptions: [CallbackSubscription], clock: HeldClock, receivers: CallbackReceivers,
        _ body: @escaping @Sendable (CallbackWorld) async throws -> Void
    ) async throws {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        var settings = SQLiteBackend.Configuration(path: disk.path)
        settings.clock = clock
        let backend = try SQLiteBackend(settings, logger: logger)
        var configuration = NotificationPipeline.Configuration()
        configuration.callbacks = subscriptions
        let pipeline = NotificationPipeline(
            channels: try entries(subscriptions, receivers, clock, logger), log: backend.log, store: backend.store,
            clock: clock, owner: OwnerID(UUID().uuidString), logger: logger, configuration: configuration)
        try await withThrowingTaskGroup { group in
            group.addTask { try await pipeline.run() }
            let result: Result<Void, any Error>
            do {
                result = .success(
                    try await body(CallbackWorld(pipeline: pipeline, receivers: receivers, clock: clock)))
            } catch {
                result = .failure(error)
            }
            pipeline.stop()
            try await group.waitForAll()
            try result.get()
        }
        await backend.close()
    }

    static func run(
        _ subscriptions: [CallbackSubscription], _ body: @escaping @Sendable (CallbackWorld) async throws -> Void
    ) async throws {
        let clock = HeldClock()
        try await Disk.with { disk in
            try await run(
                on: disk, subscriptions, clock: clock, receivers: CallbackReceivers(clock: clock), body)
        }
    }

    private static func entries(
        _ subscriptions: [CallbackSubscription], _ receivers: CallbackReceivers, _ clock: HeldClock, _ logger: Logger
    ) throws -> [String: NotificationPipeline.ChannelEntry] {
        func entry(
            _ name: String, _ module: any Channel.Type, _ settings: [String: SettingValue], _ policy: DeliveryPolicy
        ) throws -> NotificationPipeline.ChannelEntry {
            let host = ChannelHost(
                channel: name, publicURL: "https://notify.example.com", transport: receivers,
                cache: InProcessCache(clock: clock), rateLimiter: InProcessRateLimiter(clock: clock), clock: clock,
                logger: logger)
            let channel = try module.init(
                configuration: ChannelConfiguration(provider: "http", values: settings), host: host)
            return .init(
                channel: channel, module: module.descriptor.name, host: host,
                law: ChannelLaw(order: try StatusOrder(checking: module.statuses), policy: policy),
                dispatch: .init(concurrency: 8), limits: [], timeout: .seconds(5))
        }
        var entries = ["sms": try entry("sms", TakingModule.self, [:], DeliveryPolicy())]
        for subscription in subscriptions {
            entries[subscription.channel] = try entry(
                subscription.channel, CallbackModule.self,
                ["url": .string(url(subscription.name)), "secret": .secret(CallbackReceivers.secret)],
                DeliveryPolicy(
                    retry: RetryPolicy(attempts: 100, base: .seconds(1), max: .seconds(1)), uncertain: .resend))
        }
        return entries
    }

    // MARK: What happens

    /// Accepts `count` notifications, each of which is sent and delivered at once: two changes, or one.
    @discardableResult func send(_ count: Int, account: String = "acme") async throws -> [NotificationID] {
        var generator = SystemRandomNumberGenerator()
        let notifications = (0..<count).map { number in
            AcceptedNotification(
                id: NotificationID(at: clock.now(), using: &generator), account: account, externalID: nil,
                urgency: .normal, steps: ["sms"], acceptedAt: clock.now(),
                payload: .init(content: MessageContent(recipient: "+1555000\(number)", body: "hello")))
        }
        try await pipeline.intake.accept(notifications)
        return notifications.map(\.id)
    }

    func until(_ condition: () async throws -> Bool) async throws {
        while try await !condition() {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Once nothing is under way or due, whatever the time.
    func untilQuiet() async throws {
        try await until {
            let counts = try await pipeline.store.counts()
            return counts.ready == 0 && counts.claimed == 0 && counts.open == 0
        }
    }

    /// Lets time pass whenever there is nothing to do but to wait for another attempt of the callback.
    func passTime(
        of channel: String, by step: Duration, until condition: (DeliveryState) -> Bool
    ) async throws {
        try await until {
            guard let delivery = try await states({ $0.channel = channel }).first?.deliveries.last else { return false }
            // Once for each attempt: until it is made the store goes on to say that it waits.
            if let waiting = delivery.waiting, waiting.reason == .retrying, let due = waiting.until, clock.now() < due {
                clock.advance(by: max(step, due.since(clock.now())))
            }
            return condition(delivery)
        }
    }

    func states(_ query: (inout ListingQuery) -> Void = { _ in }) async throws -> [NotificationState] {
        var wanted = ListingQuery(account: "acme", limit: 1000, scanLimit: 1000)
        query(&wanted)
        return try await pipeline.store.list(wanted).items.map(\.state)
    }
}

/// Its provider takes everything and says at once that it has arrived.
private struct TakingModule: Channel {
    static let descriptor = ChannelDescriptor(name: "text", version: "1", summary: "Texts.", providers: [])
    static let statuses = StatusGraph(
        version: 1, statuses: [.progress("sent"), .goal("delivered")], transitions: .chain("sent", "delivered"))

    let delivery: any DeliveryClient = Client()
    let webhooks: any WebhookParser = Parser()

    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {}

    struct Client: DeliveryClient {
        func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
            messages.map { .accepted(Acceptance(providerMessageID: "\($0.delivery)", status: "delivered")) }
        }
    }

    struct Parser: WebhookParser {
        var verification: WebhookVerification { .none(reason: "a test's") }

        func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents { WebhookContents() }
    }
}
