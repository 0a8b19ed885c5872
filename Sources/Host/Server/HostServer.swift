import API
import ChannelSDK
import ConfigurationFile
import CurlTransport
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import Pipeline
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
    let roles: Roles
    let logger: Logger

    func run() async throws {
        let readiness = Readiness()
        let pipeline = NotificationPipeline(
            channels: checked.channels, log: backends.log, store: backends.store, clock: services.clock,
            owner: .unique(), logger: logger, configuration: pipelineConfiguration)
        let backlog = Backlog(log: backends.log, progress: pipeline.progress, limit: configuration.limits.projectionLag)
        let application = application(pipeline, backlog, readiness)
        // Stopped from the last to the first: first nothing new comes in, then what is under way ends.
        var group = ServiceGroupConfiguration(
            services: [
                .init(service: MaintenanceService(backends: backends, backlog: backlog, logger: logger)),
                .init(service: PipelineService(pipeline: pipeline)),
                .init(service: application),
                .init(service: readiness),
            ],
            gracefulShutdownSignals: [.sigterm, .sigint], logger: quiet)
        group.maximumGracefulShutdownDuration = configuration.server.shutdownGrace
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
        _ pipeline: NotificationPipeline, _ backlog: Backlog, _ readiness: Readiness
    ) -> some ApplicationProtocol {
        let dependencies = APIDependencies(
            channels: checked.channels.mapValues { entry in
                let channel = entry.channel
                return APIChannel(
                    module: type(of: channel).descriptor.name, validate: { channel.validate($0) },
                    webhooks: channel.webhooks)
            },
            routing: RoutingTable(configuration), templates: configuration.templates?.catalog,
            optOutLists: Set(checked.channels.values.map(\.optOutList)), laws: pipeline.laws, intake: pipeline.intake,
            finder: pipeline.finder, log: backends.log, store: backends.store, clock: services.clock,
            publicURL: configuration.server.publicURL, accountVerifier: accountVerifier,
            isOverloaded: { backlog.isOverLimit }, obstacle: { pipeline.dispatchers[$0]?.obstacle },
            health: APIHealth(checks: healthChecks(pipeline), isReady: { readiness.isReady }),
            limits: APILimits(
                maxBody: configuration.server.maxBody, maxBatch: configuration.limits.batchItems,
                maxEventStreams: configuration.limits.eventStreams),
            logger: logger)
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
