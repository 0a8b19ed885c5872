import ChannelSDK
import Logging
import Pipeline
import PrometheusMetrics
import Testing

/// What a channel's module counts for itself.
struct ChannelMetricsTests {
    private let registry = PrometheusRegistry(MetricDefinition.all)
    private let book: ChannelMetricBook

    init() {
        let registry = registry
        book = ChannelMetricBook(factory: registry) { registry.define($0) }
    }

    private func metrics(_ channel: String) -> any ChannelMetrics {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return book.metrics(for: channel, logger: logger)
    }

    private var lines: [String] {
        String(decoding: registry.text(with: []), as: UTF8.self).split(separator: "\n").map(String.init)
    }

    @Test func areNamedForTheModuleAndLabelledByTheChannel() {
        for channel in ["sms", "sms-eu"] {
            metrics(channel).counter("token_refreshes", help: "Tokens that were fetched.").increment(by: 2)
        }
        // The same name again is the same counter, whoever asks.
        metrics("sms").counter("token_refreshes", help: "Another word.").increment()
        metrics("sms").timer("token_fetch", help: "How long that took.").record(.milliseconds(3))
        let expected = [
            "# HELP switchboard_channel_token_refreshes_total Tokens that were fetched.",
            "# TYPE switchboard_channel_token_refreshes_total counter",
            #"switchboard_channel_token_refreshes_total{channel="sms"} 3"#,
            #"switchboard_channel_token_refreshes_total{channel="sms-eu"} 2"#,
            "# HELP switchboard_channel_token_fetch_seconds How long that took.",
            #"switchboard_channel_token_fetch_seconds_bucket{channel="sms",le="0.0025"} 0"#,
            #"switchboard_channel_token_fetch_seconds_bucket{channel="sms",le="0.005"} 1"#,
            #"switchboard_channel_token_fetch_seconds_count{channel="sms"} 1"#,
        ]
        for line in expected { #expect(lines.contains(line), "\(line)") }
        #expect(registry.refusals == 0)
    }

    @Test(arguments: ["", "Tokens", "1st", "_x", "a-b", "a b", "a\nb", "é", String(repeating: "a", count: 61)])
    func whatIsNoNameCountsNothing(_ name: String) {
        let before = lines
        metrics("sms").counter(name, help: "x").increment()
        metrics("sms").timer(name, help: "x").record(.seconds(1))
        #expect(lines == before)
    }

    @Test func ofOneChannelThereAreSoManyAtMost() {
        for number in 0..<100 { metrics("sms").counter("metric_\(number)", help: "x").increment() }
        #expect(lines.count { $0.contains(#"{channel="sms"}"#) } == ChannelMetricBook.limit)
        // Another channel has its own, and those that are there go on counting.
        metrics("mail").counter("metric_99", help: "x").increment()
        metrics("sms").counter("metric_0", help: "x").increment()
        #expect(lines.contains(#"switchboard_channel_metric_99_total{channel="mail"} 1"#))
        #expect(lines.contains(#"switchboard_channel_metric_0_total{channel="sms"} 2"#))
    }
}
