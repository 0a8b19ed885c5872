import ChannelSDK
import Foundation
import Logging
import Pipeline
import SQLiteBackend
import Synchronization
import Testing

/// What a replica does that has only some of the roles.
@Suite(.timeLimit(.minutes(10)))
struct RoleTests {
    /// Tells how often somebody wanted to know the time: housekeeping does so in every round.
    private final class CountingClock: WallClock {
        let asked = Atomic(0)

        func now() -> Timestamp {
            asked.add(1, ordering: .relaxed)
            return Timestamp(milliseconds: 1_800_000_000_000)
        }
    }

    private final class Ending: Sendable {
        private let flag = Atomic(false)

        var hasCome: Bool { flag.load(ordering: .acquiring) }

        func come() { flag.store(true, ordering: .releasing) }
    }

    @Test(arguments: [[], .dispatch, .status, .all] as [NotificationPipeline.Roles], [false, true])
    func aReplicaRunsUntilItIsStopped(_ roles: NotificationPipeline.Roles, byCancelling: Bool) async throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("roles-\(UUID().uuidString).db")
        defer { for end in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: file.path + end) } }
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let backend = try SQLiteBackend(.init(path: file.path), logger: logger)
        let clock = CountingClock()
        var configuration = NotificationPipeline.Configuration()
        configuration.roles = roles
        configuration.housekeepingPeriod = .milliseconds(1)
        let pipeline = NotificationPipeline(
            channels: [:], log: backend.log, store: backend.store, clock: clock, owner: OwnerID("one"), logger: logger,
            configuration: configuration)
        let ending = Ending()
        try await withThrowingTaskGroup { group in
            group.addTask {
                try await pipeline.run()
                ending.come()
            }
            // Far more rounds than a run has that ends at once.
            while clock.asked.load(ordering: .relaxed) < 100, !ending.hasCome {
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(!ending.hasCome)
            if byCancelling { group.cancelAll() } else { pipeline.stop() }
            try await group.waitForAll()
        }
        // The run was ended in good order.
        #expect(try await backend.store.beginRun())
        await backend.close()
    }
}
