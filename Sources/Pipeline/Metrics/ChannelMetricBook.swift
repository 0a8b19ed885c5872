public import ChannelSDK
public import CoreMetrics
public import Logging
import Synchronization

/// The metrics that channels' modules make for themselves, beside those of ``MetricDefinition/all``: each with a name of the
/// module's and the channel as its label, and so many of a channel at most.
public final class ChannelMetricBook: Sendable {
    /// Of one channel.
    public static let limit = 32

    private let factory: any MetricsFactory
    private let define: @Sendable (MetricDefinition) -> Void
    private let names = Mutex<[String: Set<String>]>([:])

    /// - Parameter define: makes a metric known to `factory`, before a handle of it is asked for; the first of a name counts.
    public init(factory: any MetricsFactory, define: @escaping @Sendable (MetricDefinition) -> Void) {
        self.factory = factory
        self.define = define
    }

    public func metrics(for channel: String, logger: Logger) -> any ChannelMetrics {
        Metrics(book: self, channel: channel, logger: logger)
    }

    /// A metric of `channel`'s that is known from now on; nil, and a word in the log, where it can't be.
    fileprivate func definition(
        _ name: String, _ kind: MetricDefinition.Kind, _ help: String, _ channel: String, _ logger: Logger
    ) -> MetricDefinition? {
        guard Self.isName(name) else {
            logger.warning("a metric of the module can't have this name", metadata: ["metric": "\(name.prefix(60))"])
            return nil
        }
        let suffix = kind == .counter ? "total" : "seconds"
        let whole = "switchboard_channel_\(name)_\(suffix)"
        let isKept = names.withLock { names in
            guard names[channel]?.contains(whole) == true || names[channel, default: []].count < Self.limit else {
                return false
            }
            names[channel, default: []].insert(whole)
            return true
        }
        guard isKept else {
            logger.warning(
                "the module makes more than \(Self.limit) metrics", metadata: ["metric": "\(name)"])
            return nil
        }
        let definition = MetricDefinition(whole, kind, labels: ["channel"], help)
        define(definition)
        return definition
    }

    private static func isName(_ name: String) -> Bool {
        guard (1...60).contains(name.utf8.count), let first = name.utf8.first, (0x61...0x7A).contains(first) else {
            return false
        }
        return name.utf8.allSatisfy { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == 0x5F }
    }

    private struct Metrics: ChannelMetrics {
        let book: ChannelMetricBook
        let channel: String
        let logger: Logger

        func counter(_ name: String, help: String) -> any ChannelCounter {
            guard let definition = book.definition(name, .counter, help, channel, logger) else { return NoMetrics() }
            return KeptCounter(counter: definition.counter(book.factory, channel))
        }

        func timer(_ name: String, help: String) -> any ChannelTimer {
            guard let definition = book.definition(name, MetricDefinition.times, help, channel, logger) else {
                return NoMetrics()
            }
            return KeptTimer(timer: definition.timer(book.factory, channel))
        }
    }
}

private struct KeptCounter: ChannelCounter {
    let counter: Counter

    func increment(by amount: Int) { counter.increment(by: amount) }
}

private struct KeptTimer: ChannelTimer {
    let timer: CoreMetrics.Timer

    func record(_ duration: Duration) { timer.record(duration) }
}
