import API
import Accounts
import ChannelSDK
import ConfigurationFile
import CurlTransport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Pipeline
import PrometheusMetrics
import ServiceLifecycle
import UnixSignals

/// The running host: one log and store, one transport, the pipeline and the API, started and stopped together.
struct HostServer {
    let configuration: HostConfiguration
    let checked: CheckedConfiguration
    let services: ChannelServices
    let transport: CurlTransport
    let backends: Backends
    let shared: CacheAndLimits
    /// Nil: the configuration has no `auth`.
    let accounts: AccountService?
    let roles: Roles
    let registry: PrometheusRegistry
    let logger: Logger

    func run() async throws {
        let readiness = Readiness(drain: configuration.server.drain)
        let pipeline = NotificationPipeline(
            channels: checked.channels, log: backends.log, store: backends.store, clock: services.clock,
            owner: .unique(), logger: logger, configuration: pipelineConfiguration, metrics: registry)
        let backlog = Backlog(log: backends.log, progress: pipeline.progress, limit: configuration.limits.projectionLag)
        let limiter = RequestLimiter(configuration, shared, clock: services.clock)
        let application = application(pipeline, backlog, readiness, limiter)
        // Stopped from the last to the first: first nothing new comes in, then what is under way ends.
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: MaintenanceService(backends: backends, backlog: backlog, logger: logger)),
                .init(service: PipelineService(pipeline: pipeline)),
                .init(service: LimitsService(limiter: limiter)),
                .init(service: application),
                .init(service: readiness),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = configuration.server.drain + configuration.server.shutdownGrace
        do {
            try await ServiceGroup(configuration: group).run()
        } catch {
            await finish()
            throw error
        }
        await finish()
    }

    private func finish() async {
        await transport.shutdown()
        await backends.close()
        await shared.close()
        logger.info("stopped")
    }

    private var pipelineConfiguration: NotificationPipeline.Configuration {
        var pipeline = NotificationPipeline.Configuration()
        pipeline.roles = roles.pipeline
        pipeline.sharesWork = backends.areShared
        pipeline.parkedFor = configuration.channels.map(\.parkedFor).max() ?? pipeline.parkedFor
        pipeline.retention = configuration.retention.notifications.map { RetentionPace.Configuration(age: $0) }
        return pipeline
    }

    private func application(
        _ pipeline: NotificationPipeline, _ backlog: Backlog, _ readiness: Readiness,
        _ limiter: RequestLimiter?
    ) -> some ApplicationProtocol {
        let metrics = HostMetrics(registry: registry, pipeline: pipeline, backends: backends, backlog: backlog)
        var dependencies = APIDependencies(
            channels: checked.channels.mapValues { entry in
                let channel = entry.channel
                return APIChannel(
                    module: entry.module, validate: { channel.validate($0) },
                    webhooks: channel.webhooks)
            },
            routing: RoutingTable(configuration, absent: Set(checked.absent.keys)),
            templates: configuration.templates?.catalog,
            optOutLists: Set(checked.channels.values.map(\.optOutList)), laws: pipeline.laws, intake: pipeline.intake,
            finder: pipeline.finder, log: backends.log, store: backends.store, clock: services.clock,
            publicURL: configuration.server.publicURL, accountVerifier: accountVerifier,
            isOverloaded: { backlog.isOverLimit }, obstacle: { pipeline.dispatchers[$0]?.obstacle },
            health: APIHealth(checks: healthChecks(pipeline), isReady: { readiness.isReady }),
            metrics: APIMetrics(channels: checked.channels.keys, factory: registry, text: { await metrics.text() }),
            limits: APILimits(configuration),
            logger: logger)
        dependencies.limiter = limiter
        dependencies.proxies = configuration.trustedProxies
        dependencies.accounts = accounts
        let address = "http://\(configuration.server.host):\(configuration.server.port)"
        return Application(
            router: roles.contains(.api)
                ? APIRouter.switchboard(dependencies) : APIRouter.health(dependencies),
            server: .switchboard(dependencies.limits),
            configuration: .init(
                address: .hostname(configuration.server.host, port: configuration.server.port),
                serverName: "switchboard", backlog: 1024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    configuration.limits.connections, logger: quiet)),
            onServerRunning: { [logger] _ in
                readiness.begin()
                logger.info("listening", metadata: ["address": "\(address)"])
            },
            logger: quiet)
    }

    /// The server's own remarks matter only when something is wrong.
    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = max(.warning, logger.logLevel)
        return quiet
    }

    private var accountVerifier: (any WebhookVerifier)? {
        configuration.webhooks.secret.flatMap { try? StandardWebhooks(key: $0) }
    }

    private func healthChecks(_ pipeline: NotificationPipeline) -> [APIHealth.Check] {
        backends.checks + shared.checks + [
            .init("stages") {
                let halts = pipeline.stageStatus.values.flatMap(\.halts.values)
                return halts.isEmpty ? nil : halts.joined(separator: "; ")
            }
        ]
    }
}

extension OwnerID {
    /// One run of this process: never used again.
    static func unique() -> OwnerID {
        var generator = SystemRandomNumberGenerator()
        return OwnerID(String(generator.next(), radix: 36) + String(generator.next(), radix: 36))
    }
}
