public import CoreMetrics

/// What a metric is, whichever backend keeps it: a handle can be made of a definition only, so that there is none that
/// docs/metrics.md does not list.
public struct MetricDefinition: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case counter
        case gauge
        /// Times in seconds, counted by these upper bounds, which ascend.
        case histogram(bounds: [Double])

        /// As Prometheus calls it.
        public var name: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    /// As Prometheus wants it: with its unit, and `_total` where it is a counter.
    public let name: String
    public let kind: Kind
    /// Their values are known at the start: the configuration's names and the program's own words, never a request's.
    public let labels: [String]
    public let help: String

    public init(_ name: String, _ kind: Kind, labels: [String] = [], _ help: String) {
        (self.name, self.kind, self.labels, self.help) = (name, kind, labels, help)
    }

    /// - Parameter values: one for each label, in their order.
    public func counter(_ factory: any MetricsFactory, _ values: String...) -> Counter {
        Counter(label: name, dimensions: dimensions(values), factory: factory)
    }

    /// - Parameter values: one for each label, in their order.
    public func timer(_ factory: any MetricsFactory, _ values: String...) -> CoreMetrics.Timer {
        CoreMetrics.Timer(label: name, dimensions: dimensions(values), factory: factory)
    }

    private func dimensions(_ values: [String]) -> [(String, String)] { Array(zip(labels, values)) }
}

/// A value as it is when the metrics are asked for.
public struct MetricSample: Sendable, Hashable {
    public let definition: MetricDefinition
    /// One for each label, in their order.
    public let labels: [String]
    public let value: Double

    public init(_ definition: MetricDefinition, _ labels: String..., value: Double) {
        (self.definition, self.labels, self.value) = (definition, labels, value)
    }

    public init(_ definition: MetricDefinition, _ labels: String..., value: Int) {
        (self.definition, self.labels, self.value) = (definition, labels, Double(value))
    }
}

extension CoreMetrics.Timer {
    func record(_ duration: Duration) {
        let (seconds, attoseconds) = duration.components
        recordNanoseconds(seconds * 1_000_000_000 + attoseconds / 1_000_000_000)
    }
}
