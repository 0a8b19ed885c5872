import ChannelSDK
import Foundation
import Pipeline
import PortConformance
import Synchronization
import Testing

@testable import SQLiteBackend

/// The copy of a file that is being written, and a copy in the place of a file.
@Suite(.timeLimit(.minutes(10)))
struct BackupTests {
    private struct Refused: Error {}

    private func notification(_ number: Int) -> AcceptedNotification {
        AcceptedNotification(
            id: NotificationID(high: 9, low: UInt64(number)), account: "acme", externalID: nil, urgency: .normal,
            steps: ["sms"], acceptedAt: Timestamp(milliseconds: Int64(1000 + number)),
            payload: .init(bytes: Array("payload \(number)".utf8) + [UInt8](repeating: 1, count: 1000)))
    }

    private func project(
        _ range: Range<Int>, claimed: Bool = false, _ store: SQLiteStore, _ progress: StageProgress
    ) async throws {
        _ = try await store.project(
            Projection(
                fence: progress.fence, nextOffset: Int64(range.upperBound), owner: OwnerID("old"),
                rows: range.map { .init(notification: notification($0), graphVersion: 1, isClaimed: claimed) }))
    }

    private var restoration: Restoration {
        Restoration(at: Timestamp(milliseconds: 5000), backupAt: Timestamp(milliseconds: 4000), resends: false)
    }

    private func replace(_ path: String, from copy: String) throws -> Bool {
        try SQLiteBackend.replace(path: path, aside: path + ".before", restoration: restoration) {
            try FileManager.default.copyItem(atPath: copy, toPath: $0)
        }
    }

    /// Writes go on from the copy's first page to its last, and the copy is of one moment all the same.
    @Test func copiesOneMomentWhileTheHostWrites() async throws {
        let file = try TemporaryDatabase()
        let backend = try file.open()
        let progress = try await backend.store.beginEpoch(.projector, partition: 0)
        try await project(0..<2000, backend.store, progress)
        let copy = file.folderPath + "/copy"
        let written = Mutex(2000)
        let writer = Task {
            while !Task.isCancelled {
                let next = written.withLock { $0 }
                try await project(next..<next + 50, backend.store, progress)
                written.withLock { $0 = next + 50 }
            }
        }
        var steps = 0
        let summary = try SQLiteBackend.copy(from: file.path, to: copy) { _, _ in
            steps += 1
            // Two more commits between each two steps: were they to wait for the copy, this would have no end.
            let start = written.withLock { $0 }
            while steps < 5, written.withLock({ $0 }) < start + 100 { sched_yield() }
        }
        writer.cancel()
        try await writer.value
        let count = try #require(summary.tables["notifications"])
        // The moment is that of the first step.
        #expect(count >= 2000 && count < written.withLock { $0 } && count % 50 == 0)
        #expect(steps > 2)
        // The position belongs to the same moment as the rows.
        #expect(summary.positions["projector"] == ["0": Int64(count)])
        #expect(summary.tables["ready"] == count && summary.tables["deliveries"] == count)
        #expect(summary.newestMilliseconds == Int64(1000 + count - 1))
        #expect(summary.schema == SQLiteBackend.knownSchema)
        #expect(try SQLiteBackend.summary(path: copy) == summary)
        await file.close()
    }

    @Test func aRestoredFileIsOpenedWithWhatWasUnderWayDue() async throws {
        let file = try TemporaryDatabase()
        let backend = try file.open()
        let progress = try await backend.store.beginEpoch(.projector, partition: 0)
        try await project(0..<3, claimed: true, backend.store, progress)
        try await project(3..<5, backend.store, progress)
        _ = try await backend.store.beginRun()
        let copy = file.folderPath + "/copy"
        _ = try SQLiteBackend.copy(from: file.path, to: copy) { _, _ in }
        await file.close()
        #expect(try replace(file.path, from: copy))

        let restored = try file.open().store
        #expect(try await restored.restoration() == restoration)
        #expect(try await restored.beginRun())
        #expect(try await restored.claims(of: OwnerID("old"), limit: 10).isEmpty)
        let claims = try await restored.claim(
            ClaimOrder(
                channel: "sms", owner: OwnerID("new"), now: Timestamp(milliseconds: 9000),
                picks: [.init(share: ReadyShare(urgency: .normal, account: "acme"), count: 10)]))
        #expect(claims.map(\.due.milliseconds) == [1003, 1004, 5000, 5000, 5000])
        await file.close()
        // What was there is whole, too.
        #expect(try SQLiteBackend.summary(path: file.path + ".before").tables["claims"] == 3)
    }

    @Test func aFileInUseIsNotReplaced() async throws {
        let file = try TemporaryDatabase()
        try file.open()
        let copy = file.folderPath + "/copy"
        _ = try SQLiteBackend.copy(from: file.path, to: copy) { _, _ in }
        #expect(SQLiteBackend.isInUse(path: file.path))
        #expect(throws: SQLiteBackendError.inUse(path: file.path)) { try replace(file.path, from: copy) }
        await file.close()
        #expect(!SQLiteBackend.isInUse(path: file.path))
    }

    /// Whatever goes wrong while the new file is made: the old one stays, and nothing else.
    @Test func whatFailsLeavesTheOldFile() async throws {
        let file = try TemporaryDatabase()
        let backend = try file.open()
        let progress = try await backend.store.beginEpoch(.projector, partition: 0)
        try await project(0..<7, backend.store, progress)
        await file.close()
        let before = try SQLiteBackend.summary(path: file.path)
        #expect(throws: Refused.self) {
            _ = try SQLiteBackend.replace(path: file.path, aside: file.path + ".before", restoration: restoration) {
                try Data("half a fi".utf8).write(to: URL(fileURLWithPath: $0))
                throw Refused()
            }
        }
        #expect(throws: (any Error).self) {
            _ = try SQLiteBackend.replace(path: file.path, aside: file.path + ".before", restoration: restoration) {
                try Data("no database at all".utf8).write(to: URL(fileURLWithPath: $0))
            }
        }
        #expect(try SQLiteBackend.summary(path: file.path) == before)
        let names = try FileManager.default.contentsOfDirectory(atPath: file.folderPath)
        #expect(names.allSatisfy { !$0.contains("restoring") && !$0.contains("before") }, "\(names)")
    }

    @Test func aDamagedDatabaseIsNotBackedUp() async throws {
        let file = try TemporaryDatabase()
        let backend = try file.open()
        let progress = try await backend.store.beginEpoch(.projector, partition: 0)
        try await project(0..<2000, backend.store, progress)
        await file.close()
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: file.path))
        for page in 10..<20 {
            try handle.seek(toOffset: UInt64(page * 4096))
            try handle.write(contentsOf: Data(repeating: 0xA5, count: 4096))
        }
        try handle.close()
        #expect(throws: SQLiteBackendError.self) {
            try SQLiteBackend.copy(from: file.path, to: file.folderPath + "/copy") { _, _ in }
        }
    }
}
