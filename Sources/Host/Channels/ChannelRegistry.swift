import ChannelSDK
import ConfigurationFile
import Logging
import Pipeline

/// What every channel instance gets from the host.
struct ChannelServices: Sendable {
    let publicURL: String
    let transport: any Transport
    let cache: any Cache
    let rateLimiter: any RateLimiter
    let clock: any WallClock
    let logger: Logger
    /// Nil: nobody asks for them.
    var metrics: ChannelMetricBook?

    func host(for channel: String) -> ChannelHost {
        var logger = logger
        logger[metadataKey: "channel"] = "\(channel)"
        return ChannelHost(
            channel: channel, publicURL: publicURL, transport: transport, cache: cache, rateLimiter: rateLimiter,
            clock: clock, logger: logger, metrics: metrics?.metrics(for: channel, logger: logger) ?? NoMetrics())
    }
}

/// Makes the configured channel instances: checks each module's status graph, then has each instance check its settings.
struct ChannelRegistry {
    private(set) var entries: [String: NotificationPipeline.ChannelEntry] = [:]
    private(set) var diagnostics: [Diagnostic] = []

    init(_ loaded: LoadedConfiguration, services: ChannelServices) {
        guard let configuration = loaded.configuration else { return }
        for instance in configuration.channels {
            let named = configuration.modules.first { $0.descriptor.name == instance.module }
            guard let module = named else { continue }
            add(instance, module, loaded, services)
        }
    }

    private mutating func add(
        _ instance: ChannelInstance, _ module: ChannelModule, _ loaded: LoadedConfiguration,
        _ services: ChannelServices
    ) {
        let path = "channels.\(instance.name)"
        let order: StatusOrder
        do throws(StatusGraphRefusal) {
            order = try StatusOrder(checking: module.statuses)
        } catch {
            let message = "module '\(instance.module)' breaks the status law: \(error)"
            return diagnostics.append(loaded.diagnostic(message, at: path + ".module"))
        }
        let host = services.host(for: instance.name)
        do throws(ConfigurationProblems) {
            let channel = try module.instance(instance.configuration, host)
            if instance.uncertain == .query, !(channel.delivery is any DeliveryQuery) {
                let message =
                    "provider '\(instance.provider)' can't be asked about a delivery: "
                    + "choose await_callback, resend or hold"
                diagnostics.append(loaded.diagnostic(message, at: path + ".uncertain"))
            }
            if case .none(let reason) = channel.webhooks.verification {
                let message = "channel '\(instance.name)' believes whoever calls /webhooks/\(instance.name): \(reason)"
                diagnostics.append(loaded.diagnostic(message, severity: .warning, at: path + ".settings"))
            }
            entries[instance.name] = entry(instance, channel, host, order)
        } catch {
            diagnostics += loaded.diagnostics(for: error, channel: instance.name)
        }
    }

    private func entry(
        _ instance: ChannelInstance, _ channel: any RunningChannel, _ host: ChannelHost, _ order: StatusOrder
    ) -> NotificationPipeline.ChannelEntry {
        let policy = DeliveryPolicy(
            retry: RetryPolicy(
                attempts: instance.retry.attempts, base: instance.retry.base, max: instance.retry.max),
            uncertain: Pipeline.UncertainPolicy(rawValue: instance.uncertain.rawValue) ?? .awaitCallback,
            settleAfter: instance.settleAfter)
        let breaker = CircuitBreaker.Policy(
            minimum: instance.breaker.minimum, failureRatio: instance.breaker.failureRatio,
            window: instance.breaker.window, openFor: instance.breaker.openFor)
        return NotificationPipeline.ChannelEntry(
            channel: channel, module: instance.module, host: host, law: ChannelLaw(order: order, policy: policy),
            dispatch: .init(concurrency: instance.concurrency, breaker: breaker), limits: instance.rateLimits,
            timeout: instance.timeout)
    }
}
