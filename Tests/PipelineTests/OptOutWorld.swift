import ChannelSDK
import Foundation
import InProcess
import Logging
import Pipeline
import SQLiteBackend
import Synchronization

/// A provider that takes everything, or answers as the test says; remembers what it was asked to send.
final class OptOutProvider: Sendable {
    private struct State {
        var sent: [String] = []
        var script: (@Sendable (OutboundMessage) async -> DeliveryOutcome?)?
    }

    private let state = Mutex(State())

    /// What was asked for, as `channel recipient`.
    var sent: [String] { state.withLock { $0.sent } }

    func answer(_ script: @escaping @Sendable (OutboundMessage) async -> DeliveryOutcome?) {
        state.withLock { $0.script = script }
    }

    func take(_ message: OutboundMessage, of channel: String) async -> DeliveryOutcome {
        let script = state.withLock { state in
            state.sent.append("\(channel) \(message.content.recipient)")
            return state.script
        }
        return await script?(message) ?? .accepted(Acceptance(providerMessageID: "\(message.delivery)"))
    }
}

/// The host's flow over a real store and log, with channels `sms-a` and `sms-b` of one module and `mail` of another.
struct OptOutWorld: Sendable {
    let pipeline: NotificationPipeline
    let provider: OptOutProvider
    let clock: HeldClock
    /// As they are at the start.
    let channels: [String: NotificationPipeline.ChannelEntry]

    /// - Parameters:
    ///   - limits: of each channel.
    ///   - limiter: nil: one of its own for each channel.
    ///   - restoration: what the store says of itself when the host starts.
    ///   - wrap: makes the log that the host works on.
    static func run(
        limits: [RateLimit] = [], limiter: (any RateLimiter)? = nil, restoration: Restoration? = nil,
        wrap: (any EventLog) -> any EventLog = { $0 }, _ body: @escaping @Sendable (OptOutWorld) async throws -> Void
    ) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("opt-outs-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let clock = HeldClock()
        var configuration = SQLiteBackend.Configuration(path: folder.appendingPathComponent("t.db").path)
        configuration.clock = clock
        if let restoration { try await restore(configuration.path, restoration, logger) }
        let backend = try SQLiteBackend(configuration, logger: logger)
        let provider = OptOutProvider()
        let channels = try entries(provider, clock, limits, limiter, logger)
        let pipeline = NotificationPipeline(
            channels: channels, log: wrap(backend.log), store: backend.store, clock: clock,
            owner: OwnerID(UUID().uuidString), logger: logger)
        try await withThrowingTaskGroup { group in
            group.addTask { try await pipeline.run() }
            let result = await Result {
                try await body(OptOutWorld(pipeline: pipeline, provider: provider, clock: clock, channels: channels))
            }
            pipeline.stop()
            try await group.waitForAll()
            try result.get()
        }
        await backend.close()
    }

    /// An empty file, restored into place.
    private static func restore(_ path: String, _ restoration: Restoration, _ logger: Logger) async throws {
        let made = path + ".made"
        await (try SQLiteBackend(.init(path: made), logger: logger)).close()
        _ = try SQLiteBackend.replace(path: path, aside: path + ".before", restoration: restoration) {
            try FileManager.default.copyItem(atPath: made, toPath: $0)
        }
    }

    private static func entries(
        _ provider: OptOutProvider, _ clock: HeldClock, _ limits: [RateLimit], _ limiter: (any RateLimiter)?,
        _ logger: Logger
    ) throws -> [String: NotificationPipeline.ChannelEntry] {
        let modules: [(String, any WrittenChannel.Type)] = [
            ("sms-a", TextModule.self), ("sms-b", TextModule.self), ("mail", MailModule.self),
        ]
        return try modules.reduce(into: [:]) { entries, named in
            let (name, module) = named
            let host = ChannelHost(
                channel: name, publicURL: "https://notify.example.com", transport: NoTransport(),
                cache: InProcessCache(clock: clock), rateLimiter: limiter ?? InProcessRateLimiter(clock: clock),
                clock: clock, logger: logger)
            var policy = DeliveryPolicy()
            policy.retry = RetryPolicy(attempts: 3, base: .seconds(1), max: .seconds(1))
            entries[name] = .init(
                channel: module.init(name: name, provider: provider), module: module.descriptor.name, host: host,
                law: ChannelLaw(order: try StatusOrder(checking: module.statuses), policy: policy), dispatch: .init(),
                limits: limits, timeout: .seconds(5))
        }
    }

    // MARK: What happens

    /// A message that somebody sends to `channel`.
    func write(_ intent: InboundMessage.Intent, from sender: String, to channel: String = "sms-a") async throws {
        try await pipeline.intake.accept([
            ReceivedWebhook(
                origin: .channel(channel),
                request: WebhookRequest(
                    method: "POST", url: "/", headers: [:],
                    // Each message has an id of its own: one that comes again is no new word.
                    body: Array("\(intent.rawValue) \(sender) \(UInt64.random(in: 0 ... .max))".utf8),
                    receivedAt: clock.now()))
        ])
    }

    /// Once the store knows, or knows no more, that `recipient` has opted out.
    func untilOptedOut(_ recipient: String, _ isOptedOut: Bool = true, of list: String = "text") async throws {
        let key = OptOutKey(list: list, recipient: recipient)
        while try await (pipeline.store.optOuts(among: [key])[key] != nil) != isOptedOut { try await turn() }
    }

    func send(
        _ recipient: String, by steps: [String] = ["sms-a"], options: [String: String] = [:],
        notBefore: Timestamp? = nil, expiresAt: Timestamp? = nil
    ) async throws -> NotificationID {
        var generator = SystemRandomNumberGenerator()
        let id = NotificationID(at: clock.now(), using: &generator)
        try await pipeline.intake.accept([
            AcceptedNotification(
                id: id, account: "default", externalID: nil, urgency: .normal, steps: steps, acceptedAt: clock.now(),
                notBefore: notBefore, expiresAt: expiresAt,
                payload: .init(content: MessageContent(recipient: recipient, body: "hello", options: options)))
        ])
        return id
    }

    func deliveries(
        of id: NotificationID, until condition: ([DeliveryState]) -> Bool
    ) async throws -> [DeliveryState] {
        while true {
            if let found = try await pipeline.store.load([id]).first?.deliveries, condition(found) { return found }
            try await turn()
        }
    }

    private func turn() async throws {
        try Task.checkCancellation()
        await Task.yield()
    }
}

/// A clock that the test moves.
final class HeldClock: WallClock {
    private let moment = Mutex(Timestamp(milliseconds: 1_800_000_000_000))

    func now() -> Timestamp { moment.withLock { $0 } }
    func advance(by duration: Duration) { moment.withLock { $0 = $0 + duration } }
}

private struct NoTransport: Transport {
    func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {}
}

/// Webhooks say `opt_out SENDER`; deliveries go to the provider.
private protocol WrittenChannel: Channel {
    init(name: String, provider: OptOutProvider)
}

extension WrittenChannel {
    static var statuses: StatusGraph {
        StatusGraph(
            version: 1, statuses: [.progress("queued"), .goal("delivered")], transitions: .chain("queued", "delivered"))
    }

    init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        self.init(name: host.channel, provider: OptOutProvider())
    }

    var webhooks: any WebhookParser { WrittenParser() }
}

private struct TextModule: WrittenChannel {
    static let descriptor = ChannelDescriptor(name: "text", version: "1", summary: "Texts.", providers: [])
    let delivery: any DeliveryClient

    init(name: String, provider: OptOutProvider) { delivery = WrittenClient(name: name, provider: provider) }
}

private struct MailModule: WrittenChannel {
    static let descriptor = ChannelDescriptor(name: "mail", version: "1", summary: "Mails.", providers: [])
    let delivery: any DeliveryClient

    init(name: String, provider: OptOutProvider) { delivery = WrittenClient(name: name, provider: provider) }
}

private struct WrittenClient: DeliveryClient {
    let name: String
    let provider: OptOutProvider

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        var outcomes: [DeliveryOutcome] = []
        for message in messages { outcomes.append(await provider.take(message, of: name)) }
        return outcomes
    }
}

private struct WrittenParser: WebhookParser {
    var verification: WebhookVerification { .none(reason: "a test's") }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        let words = String(decoding: request.body, as: UTF8.self).split(separator: " ").map(String.init)
        return WebhookContents(inbound: [
            InboundMessage(
                providerMessageID: "MO\(words[2])", sender: words[1], recipient: "us", body: words[0],
                intent: InboundMessage.Intent(rawValue: words[0]))
        ])
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do {
            self = .success(try await body())
        } catch {
            self = .failure(error)
        }
    }
}
