import ChannelSDK
import Logging
import Pipeline
import ServiceLifecycle
import Synchronization

/// Whether requests should come here: not before the start is over, and not from the moment the shutdown begins.
final class Readiness: Service {
    private let state = Atomic(false)
    private let drain: Duration

    /// - Parameter drain: how long requests are still taken once the shutdown has begun, so that whoever balances the
    ///   load can learn of it.
    init(drain: Duration) { self.drain = drain }

    var isReady: Bool { state.load(ordering: .relaxed) }

    func begin() { state.store(true, ordering: .relaxed) }

    func run() async throws {
        try? await gracefulShutdown()
        state.store(false, ordering: .relaxed)
        // The services that take requests are stopped when this one has ended.
        if drain > .zero { try? await Task.sleep(for: drain) }
    }
}

/// Runs the pipeline; at the shutdown it takes nothing new and ends what is in flight.
struct PipelineService: Service {
    let pipeline: NotificationPipeline

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await pipeline.run()
        } onGracefulShutdown: {
            pipeline.stop()
        }
    }
}

/// Keeps the backends tidy and watches how far the store is behind the log.
struct MaintenanceService: Service {
    let backends: Backends
    let backlog: Backlog
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withTaskGroup { group in
                group.addTask { await maintain() }
                group.addTask { await backlog.watch() }
            }
        }
    }

    private func maintain() async {
        while (try? await Task.sleep(for: .seconds(2))) != nil {
            do {
                try await backends.maintain()
            } catch {
                logger.warning("maintenance failed; trying again", metadata: ["error": "\(error)"])
            }
        }
    }
}

/// How many accepted notifications the store does not know yet.
final class Backlog: Sendable {
    private let log: any EventLog
    private let progress: ProjectionProgress
    private let limit: Atomic<Int>
    private let lag = Atomic(0)

    init(log: any EventLog, progress: ProjectionProgress, limit: Int) {
        self.log = log
        self.progress = progress
        self.limit = Atomic(limit)
    }

    /// How many there are, as of the last look.
    var records: Int { lag.load(ordering: .relaxed) }

    var isOverLimit: Bool { records > limit.load(ordering: .relaxed) }

    func change(limit: Int) { self.limit.store(limit, ordering: .relaxed) }

    func watch() async {
        await withTaskGroup { group in
            // Apart, so that a store that does not answer holds up no look at the log, which goes on growing.
            group.addTask { await every(.milliseconds(100)) { try await self.progress.refresh() } }
            group.addTask { await every(.milliseconds(100)) { try await self.measure() } }
        }
    }

    private func measure() async throws {
        let ends = try await log.endOffsets(of: .notificationRequested)
        let behind = ends.enumerated().map { max(0, $0.element - progress.offset(of: $0.offset)) }
        lag.store(Int(behind.reduce(0, +)), ordering: .relaxed)
    }
}

/// What fails is due again next time: until then what was known last stands.
private func every(_ period: Duration, _ work: @Sendable () async throws -> Void) async {
    while (try? await Task.sleep(for: period)) != nil { try? await work() }
}
