public import CoreMetrics
public import Pipeline
import Synchronization

/// Keeps what is counted, and writes it as Prometheus reads it.
///
/// Only what is defined is kept, in the order of the definitions, with the labels of its definition and a bounded number of series: a handle for
/// anything else counts nothing and is counted itself, see ``refusals``. Handles are made at the start and are atomic
/// counters from then on: no lock, and no look-up by name.
public final class PrometheusRegistry: MetricsFactory {
    private struct Family {
        let definition: MetricDefinition
        /// By the labels' values, in the order of the labels.
        var series: [[String]: any Series] = [:]
    }

    private struct State {
        var order: [MetricDefinition]
        var families: [String: Family]
        var refusals = 0
    }

    private let seriesLimit: Int
    private let state: Mutex<State>

    /// - Parameter seriesLimit: of one metric.
    public init(_ definitions: [MetricDefinition], seriesLimit: Int = 5000) {
        self.seriesLimit = seriesLimit
        let families = definitions.map { ($0.name, Family(definition: $0)) }
        state = Mutex(
            State(order: definitions, families: Dictionary(families, uniquingKeysWith: { first, _ in first })))
    }

    /// Makes a metric known, behind those that are; the first of a name stays.
    public func define(_ definition: MetricDefinition) {
        state.withLock { state in
            guard state.families[definition.name] == nil else { return }
            state.order.append(definition)
            state.families[definition.name] = Family(definition: definition)
        }
    }

    /// Handles that were asked for and are not kept.
    public var refusals: Int { state.withLock { $0.refusals } }

    /// The metrics as text, with `samples`, which are known only when somebody asks.
    public func text(with samples: [MetricSample]) -> [UInt8] {
        let (order, families) = state.withLock { ($0.order, $0.families) }
        let sampled = Dictionary(grouping: samples, by: \.definition.name)
        var text = PrometheusText()
        for definition in order {
            let kept = families[definition.name]?.series ?? [:]
            let lines = sampled[definition.name] ?? []
            guard !kept.isEmpty || !lines.isEmpty else { continue }
            text.head(definition)
            for sample in lines { text.sample(definition, sample.labels, sample.value) }
            for labels in kept.keys.sorted(by: { $0.lexicographicallyPrecedes($1) }) {
                kept[labels]?.write(to: &text, definition, labels)
            }
        }
        return text.bytes
    }

    private func series<Kept: Series>(
        _ name: String, _ dimensions: [(String, String)], _ make: (MetricDefinition) -> Kept?
    ) -> Kept? {
        state.withLock { state in
            guard let family = state.families[name], family.definition.labels == dimensions.map(\.0) else {
                state.refusals += 1
                return nil
            }
            let values = dimensions.map(\.1)
            if let kept = family.series[values] as? Kept { return kept }
            guard family.series.count < seriesLimit, let made = make(family.definition) else {
                state.refusals += 1
                return nil
            }
            state.families[name]?.series[values] = made
            return made
        }
    }

    // MARK: MetricsFactory

    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        let kept: CountedSeries? = series(label, dimensions) { $0.kind == .counter ? CountedSeries() : nil }
        return kept ?? (NOOPMetricsHandler.instance as any CounterHandler)
    }

    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        gauge(label, dimensions) ?? (NOOPMetricsHandler.instance as any MeterHandler)
    }

    /// One that aggregates takes seconds, as a timer does.
    public func makeRecorder(
        label: String, dimensions: [(String, String)], aggregate: Bool
    ) -> any RecorderHandler {
        let kept: (any RecorderHandler)? = aggregate ? times(label, dimensions) : gauge(label, dimensions)
        return kept ?? NOOPMetricsHandler.instance
    }

    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        times(label, dimensions) ?? (NOOPMetricsHandler.instance as any TimerHandler)
    }

    private func gauge(_ name: String, _ dimensions: [(String, String)]) -> GaugedSeries? {
        series(name, dimensions) { $0.kind == .gauge ? GaugedSeries() : nil }
    }

    private func times(_ name: String, _ dimensions: [(String, String)]) -> TimedSeries? {
        series(name, dimensions) { TimedSeries($0) }
    }

    // What was counted stays, as Prometheus expects: whoever lets go of a handle may make it again.
    public func destroyCounter(_ handler: any CounterHandler) {}
    public func destroyMeter(_ handler: any MeterHandler) {}
    public func destroyRecorder(_ handler: any RecorderHandler) {}
    public func destroyTimer(_ handler: any TimerHandler) {}
}
