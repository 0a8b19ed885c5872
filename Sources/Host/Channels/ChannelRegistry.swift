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
    /// Nil: the host has no unsubscribe addresses.
    let unsubscribeKeys: UnsubscribeKeys?
    /// Nil: nobody asks for them.
    var metrics: ChannelMetricBook?

    /// - Parameters:
    ///   - module: the name of the channel's module, which is that of its opt-out list.
    ///   - timeout: of the channel's requests.
    func host(for channel: String, of module: String, timeout: Duration) -> ChannelHost {
        var logger = logger
        logger[metadataKey: "channel"] = "\(channel)"
        return ChannelHost(
            channel: channel, publicURL: publicURL,
            transport: TimedTransport(transport: transport, limit: timeout), cache: cache, rateLimiter: rateLimiter,
            clock: clock, logger: logger, timeout: timeout,
            unsubscribeLinks: unsubscribeKeys.map {
                UnsubscribeLinks(list: module, publicURL: publicURL, keys: $0)
            },
            metrics: metrics?.metrics(for: channel, logger: logger) ?? NoMetrics())
    }
}

/// Makes the configured channel instances: checks each module's status graph, then has each instance check its settings.
struct ChannelRegistry {
    private(set) var entries: [String: NotificationPipeline.ChannelEntry] = [:]
    private(set) var diagnostics: [Diagnostic] = []
    /// Channels that the host runs without, as the file allows, and why.
    private(set) var absent: [String: String] = [:]

    /// A channel that is there already, and needs no other instance.
    private let existing: (ChannelInstance) -> (any RunningChannel)?

    init(
        _ loaded: LoadedConfiguration, services: ChannelServices,
        existing: @escaping (ChannelInstance) -> (any RunningChannel)? = { _ in nil }
    ) {
        self.existing = existing
        guard let configuration = loaded.configuration else { return }
        absent = configuration.absentChannels
        for instance in configuration.channels + configuration.callbacks.map(\.instance) {
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
        let host = services.host(for: instance.name, of: instance.module, timeout: instance.timeout)
        do throws(ConfigurationProblems) {
            let channel: any RunningChannel
            if let existing = existing(instance) {
                channel = existing
            } else {
                channel = try module.instance(instance.configuration, host)
            }
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
            refuse(instance, error, loaded)
        }
    }

    /// Of a library that the file lets the host do without, the channel is left out.
    private mutating func refuse(
        _ instance: ChannelInstance, _ problems: ConfigurationProblems, _ loaded: LoadedConfiguration
    ) {
        let plugin = loaded.configuration?.plugins.first { $0.module == instance.module }
        let skips = plugin?.onFailure == .skip
        diagnostics += loaded.diagnostics(
            for: problems, channel: instance.name, severity: skips ? .warning : .error)
        guard skips else { return }
        absent[instance.name] = "its module does not take its settings"
        diagnostics.append(
            loaded.diagnostic(
                "channel '\(instance.name)' is left out: its module does not take its settings (on_failure: skip)",
                severity: .warning, at: "channels.\(instance.name)"))
    }

    private func entry(
        _ instance: ChannelInstance, _ channel: any RunningChannel, _ host: ChannelHost, _ order: StatusOrder
    ) -> NotificationPipeline.ChannelEntry {
        let policy = DeliveryPolicy(
            retry: RetryPolicy(
                attempts: instance.retry.attempts, base: instance.retry.base, max: instance.retry.max),
            uncertain: Pipeline.UncertainPolicy(rawValue: instance.uncertain.rawValue) ?? .awaitCallback,
            settleAfter: instance.settleAfter,
            idempotency: (channel.delivery as? any HTTPDeliveryClient).flatMap {
                $0.isIdempotent ? $0.idempotencyWindow : nil
            })
        let breaker = CircuitBreaker.Policy(
            minimum: instance.breaker.minimum, failureRatio: instance.breaker.failureRatio,
            window: instance.breaker.window, openFor: instance.breaker.openFor)
        var entry = NotificationPipeline.ChannelEntry(
            channel: channel, module: instance.module, host: host, law: ChannelLaw(order: order, policy: policy),
            dispatch: .init(concurrency: instance.concurrency, breaker: breaker), limits: instance.rateLimits,
            timeout: instance.timeout)
        entry.dispatch.isSending = instance.removal != .hold
        entry.parkedFor = instance.parkedFor
        return entry
    }
}
