import CoreMetrics
import Pipeline
import Synchronization

/// One metric with one set of label values.
protocol Series: AnyObject, Sendable {
    func write(to text: inout PrometheusText, _ definition: MetricDefinition, _ labels: [String])
}

final class CountedSeries: Series, CounterHandler {
    private let value = Atomic<Int64>(0)

    /// A counter never goes down.
    func increment(by amount: Int64) { if amount > 0 { value.wrappingAdd(amount, ordering: .relaxed) } }

    func reset() { value.store(0, ordering: .relaxed) }

    func write(to text: inout PrometheusText, _ definition: MetricDefinition, _ labels: [String]) {
        text.sample(definition, labels, Double(value.load(ordering: .relaxed)))
    }
}

final class GaugedSeries: Series, MeterHandler, RecorderHandler {
    private let bits = Atomic<UInt64>(0)

    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }
    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func decrement(by amount: Double) { increment(by: -amount) }

    func increment(by amount: Double) {
        var current = bits.load(ordering: .relaxed)
        while true {
            let next = (Double(bitPattern: current) + amount).bitPattern
            let (exchanged, original) = bits.compareExchange(expected: current, desired: next, ordering: .relaxed)
            if exchanged { return }
            current = original
        }
    }

    func write(to text: inout PrometheusText, _ definition: MetricDefinition, _ labels: [String]) {
        text.sample(definition, labels, Double(bitPattern: bits.load(ordering: .relaxed)))
    }
}

/// Times, counted by the bounds of their definition. Recording one is two additions.
final class TimedSeries: Series, TimerHandler, RecorderHandler {
    private final class Count: Sendable {
        let value = Atomic<Int64>(0)
    }

    private let bounds: [Double]
    private let nanoseconds: [Int64]
    /// One more than there are bounds: what is longer than all of them.
    private let counts: [Count]
    private let sum = Atomic<Int64>(0)

    /// Nil for what is no histogram.
    init?(_ definition: MetricDefinition) {
        guard case .histogram(let bounds) = definition.kind else { return nil }
        self.bounds = bounds
        nanoseconds = bounds.map { Int64(($0 * 1e9).rounded()) }
        counts = (0...bounds.count).map { _ in Count() }
    }

    func recordNanoseconds(_ duration: Int64) {
        var place = 0
        while place < nanoseconds.count, duration > nanoseconds[place] { place += 1 }
        counts[place].value.wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(max(0, duration), ordering: .relaxed)
    }

    func record(_ value: Int64) { record(Double(value)) }

    func record(_ value: Double) {
        // A time that can't be told counts as none.
        guard value >= 0 else { return recordNanoseconds(0) }
        recordNanoseconds(value < 9e9 ? Int64(value * 1e9) : .max / 2)
    }

    func write(to text: inout PrometheusText, _ definition: MetricDefinition, _ labels: [String]) {
        // Read once, so that the count is the last bucket's whatever is recorded meanwhile.
        let counts = counts.map { $0.value.load(ordering: .relaxed) }
        let seconds = Double(sum.load(ordering: .relaxed)) / 1e9
        text.histogram(definition, labels, bounds, counts, sum: seconds)
    }
}
