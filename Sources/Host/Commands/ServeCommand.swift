import Accounts
import ArgumentParser
import ChannelSDK
import ConfigurationFile
import CurlTransport
import Foundation
import Logging
import Pipeline
import PrometheusMetrics
import SQLiteBackend

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Runs the host from a configuration file.")

    @Argument(help: "The configuration file.") var file = "channels.yaml"

    @Option(help: "What this replica does: api, dispatch, status, separated by commas.") var roles = Roles.all

    @Option(help: "This replica's name, the same after a restart and no other's. Default: the host's name.")
    var replica = ProcessInfo.processInfo.hostName

    func run() async throws {
        // Before the file is read, so that a change of it that is told of meanwhile is not missed.
        let hangUps = await HangUp.listening()
        let loaded = CheckedConfiguration.load(path: file, environment: environment)
        guard let configuration = loaded.configuration else {
            Terminal.complain(loaded.report)
            throw ExitCode(1)
        }
        let level = SharedLogLevel(configuration.log)
        let logger = Logger(configuration.log, level)
        let stop = await StopRequest.listening()
        let descriptors = DescriptorLimit.raise()
        if descriptors < configuration.limits.connections {
            logger.warning(
                "fewer connections than limits.connections can be open: raise the limit of open files (ulimit -n)",
                metadata: ["files": "\(descriptors)", "connections": "\(configuration.limits.connections)"])
        }
        let transport = try CurlTransport()
        do {
            try await serve(loaded, configuration, transport, level, stop, hangUps, logger)
        } catch let refusal as BackendsRefusal {
            await transport.shutdown()
            Terminal.complain("error: \(refusal)\n")
            throw ExitCode(1)
        }
    }

    private func serve(
        _ loaded: LoadedConfiguration, _ configuration: HostConfiguration, _ transport: CurlTransport,
        _ level: SharedLogLevel, _ stop: StopRequest, _ hangUps: AsyncStream<Void>, _ logger: Logger
    ) async throws {
        let clock = SQLiteBackend.SystemClock()
        let registry = PrometheusRegistry(MetricDefinition.all)
        let shared =
            try configuration.redis.map {
                try CacheAndLimits.redis($0, clock: clock, metrics: registry, logger: logger)
            }
            ?? .inProcess(clock: clock, metrics: registry)
        var services = ChannelServices(configuration, transport, shared, clock, logger)
        services.metrics = ChannelMetricBook(factory: registry) { registry.define($0) }
        let checked = CheckedConfiguration(loaded, services: services)
        Terminal.complain(checked.diagnostics.map { "\($0)\n" }.joined())
        guard !checked.hasErrors else {
            await shared.close()
            await transport.shutdown()
            throw ExitCode(1)
        }
        let backends: Backends
        do {
            backends = try await stop.interrupting { try await self.backends(configuration, logger) }
        } catch is CancellationError {
            await shared.close()
            await transport.shutdown()
            return logger.notice("stopped before the start was over: nothing has begun")
        }
        let (graphs, refusals) = try await GraphKeeper(store: backends.store).keep(checked)
        guard refusals.isEmpty else {
            Terminal.complain(refusals.map { "\($0)\n" }.joined())
            await backends.close()
            await shared.close()
            await transport.shutdown()
            throw ExitCode(1)
        }
        let accounts = try await AccountService.configured(
            configuration, store: backends.accounts, cache: shared.cache, clock: clock, logger: logger)
        try await HostServer(
            configuration: configuration, checked: checked, file: file, environment: environment, graphs: graphs,
            services: services, transport: transport, backends: backends, shared: shared, accounts: accounts,
            roles: roles, registry: registry, level: level, stop: stop, hangUps: hangUps,
            logger: logger
        ).run()
    }

    private var environment: [String: String] { ProcessInfo.processInfo.environment }

    private func backends(_ configuration: HostConfiguration, _ logger: Logger) async throws -> Backends {
        guard let kafka = configuration.kafka, let postgres = configuration.postgres else {
            return try await .embedded(path: configuration.storage.path, logger: logger)
        }
        return try await .shared(kafka, postgres, replica: replica, logger: logger)
    }
}

extension ChannelServices {
    init(
        _ configuration: HostConfiguration, _ transport: any Transport, _ shared: CacheAndLimits,
        _ clock: any WallClock,
        _ logger: Logger
    ) {
        self.init(
            publicURL: configuration.server.publicURL, transport: transport, cache: shared.cache,
            rateLimiter: shared.rateLimiter, clock: clock, logger: logger,
            unsubscribeKeys: configuration.unsubscribe?.keys)
    }
}

enum Terminal {
    /// At once, also into a file: what is said and what is complained of stay in their order.
    static func say(_ text: String, terminator: String = "\n") {
        FileHandle.standardOutput.write(Data((text + terminator).utf8))
    }

    static func complain(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
