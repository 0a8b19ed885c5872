import ChannelSDK
import Foundation
import Logging
import Pipeline
import PortConformance
import Testing

@testable import SQLiteBackend

@Suite(.timeLimit(.minutes(10)))
struct FileTests {
    @Test func aSecondHostIsRefused() async throws {
        let database = try TemporaryDatabase()
        try database.open()
        let error = #expect(throws: SQLiteBackendError.inUse(path: database.path)) {
            try SQLiteBackend(.init(path: database.path), logger: .init(label: "test"))
        }
        #expect(error?.description.contains("in use by another Switchboard process") == true)
        await database.close()
        try database.open()
        await database.close()
    }

    @Test func anotherNumberOfPartitionsIsRefused() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open { $0.partitions = 2 }
        try await backend.log.append(PowerLossLoad.batch(0..<1), to: .statusChange)
        await database.close()
        #expect(
            throws: SQLiteBackendError.partitionsDiffer(
                path: database.path, topic: Topic.statusChange.rawValue, stored: 2, configured: 3)
        ) { try database.open { $0.partitions = 3 } }
        try database.open { $0.partitions = 2 }
        await database.close()
    }

    @Test func aFileThatIsNoDatabaseIsRefused() throws {
        let database = try TemporaryDatabase()
        try Array("this is not a database, but it is long enough to look at".utf8).write(toFile: database.path)
        let error = #expect(throws: SQLiteBackendError.self) { try database.open() }
        #expect(error?.description.contains(database.path) == true)
        // The failed opening holds no lock.
        #expect(throws: SQLiteBackendError.self) { try database.open() }
        #expect(throws: SQLiteBackendError.self) {
            try SQLiteBackend(.init(path: "/nowhere/at/all.db"), logger: .init(label: "test"))
        }
    }

    @Test func forgottenOwnersHaveNoLease() async throws {
        let database = try TemporaryDatabase()
        let store = try database.open().store
        let fence = try await store.beginEpoch(.projector, partition: 0).fence
        let notification = AcceptedNotification(
            id: NotificationID(high: 1, low: 1), account: "acme", externalID: nil, urgency: .normal, steps: ["sms"],
            acceptedAt: Timestamp(milliseconds: 1), payload: .init(bytes: [1]))
        let owner = OwnerID("one")
        try await store.renewLease(of: owner, for: .seconds(600))
        _ = try await store.project(
            Projection(
                fence: fence, nextOffset: 1, owner: owner,
                rows: [.init(notification: notification, graphVersion: 1, isClaimed: true)]))
        await database.abandon()
        let backend = try database.open()
        #expect(try await backend.store.abandonedClaims(limit: 9).isEmpty)
        try await backend.forgetOwners()
        #expect(try await backend.store.abandonedClaims(limit: 9).map(\.owner) == [owner])
        try await backend.maintain()
        #expect(try await backend.store.abandonedClaims(limit: 9).map(\.owner) == [owner])
        await database.close()
    }
}

@Suite(.timeLimit(.minutes(10)))
struct TrimmingTests {
    @Test func internalRecordsGoOnceEveryGroupHasDoneThem() async throws {
        let database = try TemporaryDatabase()
        let log = try database.open().log
        // Rows of ten records each.
        for start in stride(from: 0, to: 100, by: 10) {
            try await log.append(PowerLossLoad.batch(start..<start + 10), to: .deliveryReport)
        }
        let slow = try await log.subscribe(to: .deliveryReport, group: "slow")
        let fast = try await log.subscribe(to: .deliveryReport, group: "fast")
        for (subscription, offset) in [(slow, Int64(35)), (fast, 80)] {
            guard case .assigned = try await subscription.next(limit: 1) else { return #expect(Bool(false)) }
            try await subscription.commit(partition: 0, offset: offset)
        }
        await database.close()
        // The file remembers both groups, though nobody has joined yet.
        let backend = try database.open()
        try await backend.maintain()
        await #expect(throws: LogError.cursorTooOld) {
            try await backend.log.read(.deliveryReport, after: LogCursor("29"), limit: 1, wait: .zero)
        }
        let page = try await backend.log.read(.deliveryReport, after: LogCursor("30"), limit: 99, wait: .zero)
        #expect(page.items.map(\.record.offset) == (30..<100).map { Int64($0) })
        let late = try await backend.log.subscribe(to: .deliveryReport, group: "slow")
        guard case .assigned = try await late.next(limit: 1),
            case .records(_, let records) = try await late.next(limit: 1)
        else { return #expect(Bool(false)) }
        #expect(records.map(\.offset) == [35])
        await database.close()
    }

    @Test func aGroupThatHasNotCommittedHoldsTheLogBack() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open()
        for number in 0..<5 {
            try await backend.log.append(PowerLossLoad.batch(number..<number + 1), to: .deliveryReport)
        }
        _ = try await backend.log.subscribe(to: .deliveryReport, group: "new")
        let other = try await backend.log.subscribe(to: .deliveryReport, group: "other")
        _ = try await other.next(limit: 1)
        try await other.commit(partition: 0, offset: 5)
        try await backend.maintain()
        let page = try await backend.log.read(.deliveryReport, after: LogCursor("0"), limit: 9, wait: .zero)
        #expect(page.items.count == 5)
        await database.close()
    }

    @Test func publicRecordsGoByAge() async throws {
        let database = try TemporaryDatabase()
        let clock = SteppedClock()
        let backend = try database.open {
            $0.clock = clock
            $0.retention = .init(age: .seconds(100))
        }
        for number in 0..<6 {
            try await backend.log.append(PowerLossLoad.batch(number..<number + 1), to: .statusChange)
            clock.advance(by: .seconds(30))
        }
        try await backend.maintain()
        await #expect(throws: LogError.cursorTooOld) {
            try await backend.log.read(.statusChange, after: LogCursor("2"), limit: 9, wait: .zero)
        }
        let page = try await backend.log.read(.statusChange, after: LogCursor("3"), limit: 9, wait: .zero)
        #expect(page.items.map(\.record.offset) == [3, 4, 5])
        // The youngest stays: it holds the end.
        clock.advance(by: .seconds(9999))
        try await backend.maintain()
        await database.close()
        let again = try database.open()
        #expect(try await again.log.endOffset(of: .statusChange, partition: 0) == 6)
        await database.close()
    }

    @Test func publicRecordsGoBySize() async throws {
        let database = try TemporaryDatabase()
        let backend = try database.open { $0.retention = .init(age: .seconds(1 << 30), bytes: 25_000) }
        for _ in 0..<900 {
            var batch = RecordBatch()
            batch.append(key: nil) { $0 += Array(repeating: 1, count: 1000) }
            try await backend.log.append(batch, to: .statusChange)
        }
        try await backend.maintain()
        await #expect(throws: LogError.cursorTooOld) {
            try await backend.log.read(.statusChange, after: LogCursor("870"), limit: 9, wait: .zero)
        }
        let page = try await backend.log.read(.statusChange, after: LogCursor("880"), limit: 99, wait: .zero)
        #expect(page.items.count == 20)
        await database.close()
    }
}

extension [UInt8] {
    fileprivate func write(toFile path: String) throws {
        try withUnsafeBytes { try Data($0).write(to: URL(fileURLWithPath: path)) }
    }
}
