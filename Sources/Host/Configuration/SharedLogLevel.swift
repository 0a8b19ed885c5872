import ConfigurationFile
import Logging
import Synchronization

/// The least level that is logged, for all loggers at once: it can change while the host runs.
final class SharedLogLevel: Sendable {
    private let place: Atomic<Int>

    init(_ configuration: LogConfiguration) { place = Atomic(Self.place(of: configuration)) }

    var level: Logger.Level { Logger.Level.allCases[place.load(ordering: .relaxed)] }

    func change(to configuration: LogConfiguration) { place.store(Self.place(of: configuration), ordering: .relaxed) }

    private static func place(of configuration: LogConfiguration) -> Int {
        let level = Logger.Level(rawValue: configuration.level.rawValue) ?? .info
        return Logger.Level.allCases.firstIndex(of: level) ?? 0
    }
}

/// Logs what is at the shared level or above it; a logger that is given a level of its own logs no more than that.
///
/// What a logger is told about its lines waits here until it writes one: each request's logger is told something, and few
/// write.
struct SharedLevelHandler: LogHandler {
    private let base: any LogHandler
    private let shared: SharedLogLevel
    private var own = Logger.Level.trace
    var metadata: Logger.Metadata

    init(_ base: any LogHandler, _ shared: SharedLogLevel) {
        self.base = base
        self.shared = shared
        metadata = base.metadata
    }

    var logLevel: Logger.Level {
        get { max(own, shared.level) }
        set { own = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var base = base
        base.metadata = metadata
        base.log(event: event)
    }
}
