public import CoreMetrics
import Pipeline

/// What the API counts, and how it tells it.
public struct APIMetrics: Sendable {
    /// Makes the handles, once, when the routes are added.
    let factory: any MetricsFactory
    /// The metrics as Prometheus reads them.
    let text: @Sendable () async -> [UInt8]
    private let webhooksRefused: [String: Counter]
    private let limitedRequests: [RouteGroup: Counter]

    /// - Parameters:
    ///   - channels: the names of the channel instances: no other name becomes a label.
    ///   - text: in Prometheus's text format; all that the host counts.
    public init(
        channels: some Sequence<String> = [], factory: any MetricsFactory = NOOPMetricsHandler.instance,
        text: @escaping @Sendable () async -> [UInt8] = { [] }
    ) {
        self.factory = factory
        self.text = text
        webhooksRefused = Dictionary(
            channels.map { ($0, MetricDefinition.webhooksRefused.counter(factory, $0)) },
            uniquingKeysWith: { first, _ in first })
        let limited = RouteGroup.allCases.map { ($0, MetricDefinition.httpLimited.counter(factory, $0.rawValue)) }
        limitedRequests = Dictionary(uniqueKeysWithValues: limited)
    }

    func limitedRequest(to group: RouteGroup) { limitedRequests[group]?.increment() }

    func refusedWebhook(of channel: String) { webhooksRefused[channel]?.increment() }
}
