import CoreMetrics
import Pipeline
import PrometheusMetrics
import Testing

@Suite(.timeLimit(.minutes(10)))
struct PrometheusRegistryTests {
    static let counted = MetricDefinition("things_total", .counter, labels: ["kind"], "Things \\ with a\nbreak.")
    static let gauged = MetricDefinition("level", .gauge, "How high.")
    static let timed = MetricDefinition("wait_seconds", .histogram(bounds: [0.5, 2]), labels: ["kind"], "Waits.")

    let registry = PrometheusRegistry([counted, gauged, timed], seriesLimit: 3)

    private func text(_ samples: [MetricSample] = []) -> String {
        String(decoding: registry.text(with: samples), as: UTF8.self)
    }

    @Test func writesCounters() {
        let (a, b) = (Self.counted.counter(registry, "a"), Self.counted.counter(registry, "b"))
        a.increment(by: 2)
        b.increment()
        a.increment(by: -5)
        #expect(
            text() == #"""
                # HELP things_total Things \\ with a\nbreak.
                # TYPE things_total counter
                things_total{kind="a"} 2
                things_total{kind="b"} 1

                """#)
    }

    @Test func countsTimesByTheirBounds() {
        let timer = Self.timed.timer(registry, "a")
        for seconds in [0.25, 0.5, 0.75, 2.5] { timer.recordNanoseconds(Int64(seconds * 1e9)) }
        #expect(
            text() == #"""
                # HELP wait_seconds Waits.
                # TYPE wait_seconds histogram
                wait_seconds_bucket{kind="a",le="0.5"} 2
                wait_seconds_bucket{kind="a",le="2"} 3
                wait_seconds_bucket{kind="a",le="+Inf"} 4
                wait_seconds_sum{kind="a"} 4
                wait_seconds_count{kind="a"} 4

                """#)
    }

    @Test(arguments: [
        ("plain", "plain"), (#"a "quoted" one"#, #"a \"quoted\" one"#), (#"back\slash"#, #"back\\slash"#),
        ("two\nlines", #"two\nlines"#), ("ünïcode", "ünïcode"),
    ])
    func escapesLabels(value: String, written: String) {
        Self.counted.counter(registry, value).increment()
        #expect(text().contains("things_total{kind=\"\(written)\"} 1\n"))
    }

    @Test(arguments: [
        (0.0, "0"), (12, "12"), (-3, "-3"), (0.25, "0.25"), (1e21, "1e+21"), (.infinity, "+Inf"), (.nan, "NaN"),
    ])
    func writesNumbers(value: Double, written: String) {
        #expect(text([MetricSample(Self.gauged, value: value)]).hasSuffix("\nlevel \(written)\n"))
    }

    @Test func metersRiseAndFall() {
        let meter = Meter(label: "level", dimensions: [], factory: registry)
        meter.set(3)
        meter.increment(by: 0.5)
        meter.decrement(by: 2.0)
        #expect(text().hasSuffix("\nlevel 1.5\n"))
    }

    @Test func theSameHandleTwiceIsOneSeries() {
        Self.counted.counter(registry, "a").increment()
        Self.counted.counter(registry, "a").increment()
        #expect(text().contains("things_total{kind=\"a\"} 2\n"))
        #expect(registry.refusals == 0)
    }

    @Test func refusesWhatIsNotDefined() {
        Counter(label: "others_total", dimensions: [], factory: registry).increment()
        Counter(label: "things_total", dimensions: [("recipient", "+1555")], factory: registry).increment()
        Counter(label: "things_total", dimensions: [("kind", "a"), ("more", "b")], factory: registry).increment()
        Counter(label: "level", dimensions: [], factory: registry).increment()
        CoreMetrics.Timer(label: "level", dimensions: [], factory: registry).recordSeconds(1)
        #expect(text().isEmpty)
        #expect(registry.refusals == 5)
    }

    @Test func aMetricHasABoundedNumberOfSeries() {
        for number in 0..<10 { Self.counted.counter(registry, "\(number)").increment() }
        #expect(text().split(separator: "\n").count { $0.hasPrefix("things_total{") } == 3)
        #expect(registry.refusals == 7)
    }

    @Test func manyTasksCountTogether() async {
        let counter = Self.counted.counter(registry, "a")
        let timer = Self.timed.timer(registry, "a")
        await withTaskGroup { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordNanoseconds(1)
                    }
                }
            }
        }
        #expect(text().contains("things_total{kind=\"a\"} 8000\n"))
        #expect(text().contains("wait_seconds_count{kind=\"a\"} 8000\n"))
    }
}
