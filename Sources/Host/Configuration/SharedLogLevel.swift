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
struct SharedLevelHandler: LogHandler {
    var base: any LogHandler
    let shared: SharedLogLevel
    private var own = Logger.Level.trace

    init(_ base: any LogHandler, _ shared: SharedLogLevel) {
        self.base = base
        self.shared = shared
    }

    var logLevel: Logger.Level {
        get { max(own, shared.level) }
        set { own = newValue }
    }

    var metadata: Logger.Metadata {
        get { base.metadata }
        set { base.metadata = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { base[metadataKey: key] }
        set { base[metadataKey: key] = newValue }
    }

    func log(event: LogEvent) { base.log(event: event) }
}
