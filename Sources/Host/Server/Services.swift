import ChannelSDK
import Logging
import Pipeline
import SQLiteBackend
import ServiceLifecycle
import Synchronization

/// Whether requests should come here: not before the start is over, and not from the moment the shutdown begins.
final class Readiness: Service {
    private let state = Atomic(false)

    var isReady: Bool { state.load(ordering: .relaxed) }

    func begin() { state.store(true, ordering: .relaxed) }

    func run() async throws {
        try? await gracefulShutdown()
        state.store(false, ordering: .relaxed)
    }
}

/// Runs the pipeline; at the shutdown it takes nothing new and ends what is in flight.
struct PipelineService: Service {
    let pipeline: NotificationPipeline

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await pipeline.run()
        } onGracefulShutdown: {
            Task { await pipeline.stop() }
        }
    }
}

/// Keeps the backend tidy and watches how far the store is behind the log.
struct MaintenanceService: Service {
    let backend: SQLiteBackend
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
                try await backend.maintain()
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
    private let limit: Int
    private let lag = Atomic(0)

    init(log: any EventLog, progress: ProjectionProgress, limit: Int) {
        self.log = log
        self.progress = progress
        self.limit = limit
    }

    var isOverLimit: Bool { lag.load(ordering: .relaxed) > limit }

    func watch() async {
        while (try? await Task.sleep(for: .milliseconds(100))) != nil {
            guard let partitions = try? await log.partitionCount(of: .notificationRequested) else { continue }
            var total = 0
            for partition in 0..<partitions {
                guard let end = try? await log.endOffset(of: .notificationRequested, partition: partition) else {
                    continue
                }
                total += max(0, Int(end - progress.offset(of: partition)))
            }
            lag.store(total, ordering: .relaxed)
        }
    }
}
