import API
import Pipeline
import PrometheusMetrics

/// What `/metrics` says: what was counted, and how things are at that moment. A part that does not answer soon is left
/// out, and that is said: a scrape never waits for a dependency that hangs.
struct HostMetrics: Sendable {
    private let registry: PrometheusRegistry
    private let pipeline: NotificationPipeline
    private let backends: Backends
    private let backlog: Backlog
    private let parts: [Probe<[MetricSample]?>]

    /// Prometheus gives up after ten seconds, by its own defaults.
    private static let limit = Duration.seconds(2)

    init(registry: PrometheusRegistry, pipeline: NotificationPipeline, backends: Backends, backlog: Backlog) {
        (self.registry, self.pipeline, self.backends, self.backlog) = (registry, pipeline, backends, backlog)
        parts = [
            Probe(limit: Self.limit) { try? await Self.counts(backends.store) },
            Probe(limit: Self.limit) { try? await Self.lag(pipeline) },
        ]
    }

    func text() async -> [UInt8] {
        var samples = ProcessSamples.now() + backends.samples()
        samples.append(MetricSample(.projectionLag, value: backlog.records))
        for (name, dispatcher) in pipeline.dispatchers.sorted(by: { $0.key < $1.key }) {
            samples += Self.samples(name, dispatcher)
        }
        for (stage, status) in pipeline.stageStatus.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
            samples.append(MetricSample(.stageHalted, stage.rawValue, value: status.halts.count))
        }
        let answers = await answers()
        samples += answers.compactMap { $0 }.joined()
        samples.append(MetricSample(.unmeasured, value: answers.count { $0 == nil }))
        samples.append(MetricSample(.refusedSeries, value: registry.refusals))
        return registry.text(with: samples)
    }

    private func answers() async -> [[MetricSample]?] {
        await withTaskGroup { group in
            for part in parts { group.addTask { await part.finding().answer ?? nil } }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    private static func samples(_ name: String, _ dispatcher: ChannelDispatcher) -> [MetricSample] {
        let state =
            switch dispatcher.breakerState {
            case .closed: "closed"
            case .open: "open"
            case .halfOpen: "half_open"
            }
        return [
            MetricSample(.sendsInFlight, name, value: dispatcher.inFlight),
            MetricSample(.throttled, name, value: dispatcher.isThrottled ? 1 : 0),
        ] + ["closed", "half_open", "open"].map { MetricSample(.breakerState, name, $0, value: $0 == state ? 1 : 0) }
    }

    private static func counts(_ store: any NotificationStore) async throws -> [MetricSample] {
        let counts = try await store.counts()
        return [
            MetricSample(.openDeliveries, value: counts.open), MetricSample(.readyDeliveries, value: counts.ready),
            MetricSample(.claimedDeliveries, value: counts.claimed), MetricSample(.parkedReports, value: counts.parked),
        ]
    }

    private static func lag(_ pipeline: NotificationPipeline) async throws -> [MetricSample] {
        var topics: [(stage: Stage, topic: Topic)] = [
            (.applier, .deliveryReport), (.correlator, .webhookReceived), (.projector, .notificationRequested),
        ]
        if pipeline.feedsCallbacks { topics.append((.callbacks, .statusChange)) }
        var samples: [MetricSample] = []
        for (stage, topic) in topics {
            let ends = try await pipeline.log.endOffsets(of: topic)
            let positions = pipeline.stageStatus[stage]?.positions ?? [:]
            let lag = positions.reduce(0) { lag, position in
                ends.indices.contains(position.key) ? lag + max(0, ends[position.key] - position.value) : lag
            }
            samples.append(MetricSample(.stageLag, stage.rawValue, value: Int(lag)))
        }
        return samples
    }
}
