import API
import Accounts
import ChannelSDK
import ConfigurationFile
import Logging
import Pipeline
import PrometheusMetrics
import Synchronization

/// What the API stands on whatever the configuration says.
struct APIAssembly: Sendable {
    let pipeline: NotificationPipeline
    let backends: Backends
    let shared: CacheAndLimits
    let services: ChannelServices
    let accounts: AccountService?
    /// False on a replica that answers no requests: it only says how it is.
    let isWhole: Bool
    let registry: PrometheusRegistry
    let metrics: HostMetrics
    let backlog: Backlog
    let health: APIHealth
    let reload: @Sendable () async -> ReloadOutcome
    let logger: Logger
    private let eventStreams = EventStreamCount()
    private let bodies = BodyBudget()
    private let description = DescriptionCache()

    func router(
        _ checked: CheckedConfiguration, _ configuration: HostConfiguration, _ limiter: RequestLimiter?
    ) -> APIRouter {
        let dependencies = dependencies(checked, configuration, limiter)
        return isWhole ? APIRouter.switchboard(dependencies) : APIRouter.health(dependencies)
    }

    private func dependencies(
        _ checked: CheckedConfiguration, _ configuration: HostConfiguration, _ limiter: RequestLimiter?
    ) -> APIDependencies {
        let (pipeline, backlog, metrics) = (pipeline, backlog, metrics)
        // Callbacks are fed by the host alone.
        let channels = checked.channels.filter { !CallbackChannel.isName($0.key) }
        var dependencies = APIDependencies(
            channels: Dictionary(uniqueKeysWithValues: channels.map { ($0, channel($1, named: $0)) }),
            routing: RoutingTable(configuration, absent: Set(checked.absent.keys)),
            templates: configuration.templates?.catalog,
            optOutLists: Set(channels.values.map(\.optOutList)), laws: pipeline.laws, intake: pipeline.intake,
            finder: pipeline.finder, log: backends.log, store: backends.store, clock: services.clock,
            publicURL: configuration.server.publicURL, accountVerifier: configuration.accountVerifier,
            isOverloaded: { backlog.isOverLimit }, obstacle: { pipeline.obstacle(of: $0) }, health: health,
            metrics: APIMetrics(channels: channels.keys, factory: registry, text: { await metrics.text() }),
            limits: APILimits(configuration),
            logger: logger)
        dependencies.callbacks = Set(configuration.callbacks.map(\.instance.name))
        dependencies.limiter = limiter
        dependencies.proxies = configuration.trustedProxies
        dependencies.accounts = accounts
        dependencies.unsubscribeKeys = configuration.unsubscribe?.keys
        dependencies.reload = reload
        dependencies.eventStreams = eventStreams
        dependencies.bodies = bodies
        dependencies.description = description
        return dependencies
    }

    private func channel(_ entry: NotificationPipeline.ChannelEntry, named name: String) -> APIChannel {
        let channel = entry.channel
        var described = APIChannel(
            module: entry.module, validate: { channel.validate($0) }, webhooks: channel.webhooks)
        described.isolated = channel as? any IsolatedChannel
        described.gate = (channel.webhooks as? any IsolatedParser).map {
            WebhookGate(channel: name, parser: $0, intake: pipeline.intake)
        }
        return described
    }
}

extension HostConfiguration {
    var accountVerifier: (any WebhookVerifier)? {
        webhooks.secret.flatMap { try? StandardWebhooks(key: $0) }
    }
}

/// The API as the current configuration has it.
final class APISite: Sendable {
    let responder: SwitchingResponder
    private let assembly: APIAssembly
    private let limiters: LimiterSlot
    private let limits: Mutex<APILimitsConfiguration>

    init(
        _ assembly: APIAssembly, _ limiters: LimiterSlot, _ checked: CheckedConfiguration,
        _ configuration: HostConfiguration
    ) {
        self.assembly = assembly
        self.limiters = limiters
        limits = Mutex(configuration.apiLimits)
        responder = SwitchingResponder(assembly.router(checked, configuration, limiters.limiter))
    }

    /// Requests that come from now on are answered by `checked`. Where their limits are others now, everybody begins
    /// anew.
    func change(to checked: CheckedConfiguration, _ configuration: HostConfiguration) {
        let former = limits.withLock { limits in
            defer { limits = configuration.apiLimits }
            return limits
        }
        if former != configuration.apiLimits {
            limiters.put(RequestLimiter(configuration, assembly.shared, clock: assembly.services.clock))
        }
        responder.change(to: assembly.router(checked, configuration, limiters.limiter))
    }
}
