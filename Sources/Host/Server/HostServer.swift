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

/// The running host: one log and store, one transport, the pipeline and the API, started and stopped together.
struct HostServer {
    let configuration: HostConfiguration
    let checked: CheckedConfiguration
    /// Where `configuration` was read from, to be read anew.
    let file: String
    let environment: [String: String]
    /// Those that channels have, and have had.
    let graphs: [StoredGraph]
    let services: ChannelServices
    let transport: CurlTransport
    let backends: Backends
    let shared: CacheAndLimits
    /// Nil: the configuration has no `auth`.
    let accounts: AccountService?
    let roles: Roles
    let registry: PrometheusRegistry
    let level: SharedLogLevel
    let stop: StopRequest
    /// Each asks for a reload.
    let hangUps: AsyncStream<Void>
    let logger: Logger

    func run() async throws {
        let readiness = Readiness(drain: configuration.server.drain)
        let pipeline = NotificationPipeline(
            channels: checked.channels, graphs: graphs, log: backends.log, store: backends.store, clock: services.clock,
            owner: .unique(), logger: logger, configuration: pipelineConfiguration, metrics: registry)
        let backlog = Backlog(log: backends.log, progress: pipeline.progress, limit: configuration.limits.projectionLag)
        let reloader = Reloader(
            checked, file: file, environment: environment, services: services, pipeline: pipeline, logger: logger)
        let limiters = LimiterSlot(RequestLimiter(configuration, shared, clock: services.clock))
        let site = site(pipeline, backlog, readiness, limiters, reloader)
        let level = level
        await reloader.onChange { checked in
            guard let configuration = checked.loaded.configuration else { return }
            level.change(to: configuration.log)
            backlog.change(limit: configuration.limits.projectionLag)
            site.change(to: checked, configuration)
        }
        // Stopped from the last to the first: first nothing new comes in, then what is under way ends.
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: MaintenanceService(backends: backends, backlog: backlog, logger: logger)),
                .init(service: PipelineService(pipeline: pipeline)),
                .init(service: limiters),
                .init(service: ReloadService(reloader: reloader, requests: hangUps)),
                .init(service: application(site, readiness)),
                .init(service: readiness),
            ],
            logger: quiet)
        group.maximumGracefulShutdownDuration = configuration.server.drain + configuration.server.shutdownGrace
        let services = ServiceGroup(configuration: group)
        stop.whenMade { Task { await services.triggerGracefulShutdown() } }
        do {
            try await services.run()
        } catch {
            await finish()
            throw error
        }
        await finish()
    }

    private func site(
        _ pipeline: NotificationPipeline, _ backlog: Backlog, _ readiness: Readiness, _ limiters: LimiterSlot,
        _ reloader: Reloader
    ) -> APISite {
        let metrics = HostMetrics(registry: registry, pipeline: pipeline, backends: backends, backlog: backlog)
        let assembly = APIAssembly(
            pipeline: pipeline, backends: backends, shared: shared, services: services, accounts: accounts,
            isWhole: roles.contains(.api), registry: registry, metrics: metrics, backlog: backlog,
            health: APIHealth(checks: healthChecks(pipeline), isReady: { readiness.isReady }),
            reload: { await reloader.reload() }, logger: logger)
        return APISite(assembly, limiters, checked, configuration)
    }

    private func healthChecks(_ pipeline: NotificationPipeline) -> [APIHealth.Check] {
        backends.checks + shared.checks + [
            .init("stages") {
                let halts = pipeline.stageStatus.values.flatMap(\.halts.values)
                return halts.isEmpty ? nil : halts.joined(separator: "; ")
            }
        ]
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
        pipeline.retention = configuration.retention.notifications.map { RetentionPace.Configuration(age: $0) }
        pipeline.callbacks = configuration.callbacks.map { CallbackSubscription($0) }
        return pipeline
    }

    private func application(_ site: APISite, _ readiness: Readiness) -> some ApplicationProtocol {
        let address = "http://\(configuration.server.host):\(configuration.server.port)"
        return Application(
            responder: site.responder,
            server: .switchboard(APILimits(configuration)),
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
}

extension OwnerID {
    /// One run of this process: never used again.
    static func unique() -> OwnerID {
        var generator = SystemRandomNumberGenerator()
        return OwnerID(String(generator.next(), radix: 36) + String(generator.next(), radix: 36))
    }
}
