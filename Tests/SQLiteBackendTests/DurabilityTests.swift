import ChannelConformance
import ChannelSDK
import Pipeline
import Synchronization
import Testing

@testable import SQLiteBackend

/// An answer never precedes its sync: whenever the power goes, everything that was acknowledged is there afterwards.
@Suite(.timeLimit(.minutes(10)))
struct DurabilityTests {
    @Test(arguments: [UInt64.random(in: 0 ... .max), 11, 12, 13, 14, 15])
    func acknowledgedSurvivesPowerLoss(seed: UInt64) async throws {
        let load = try PowerLossLoad(seed: seed, isSynced: true)
        for round in 0..<8 {
            let lost = try await load.round()
            #expect(lost.isEmpty, "seed \(seed), round \(round): \(lost)")
        }
        #expect(load.acknowledgedCount > 100, "seed \(seed): too little was acknowledged to prove anything")
        #expect(load.powerLosses > 0, "seed \(seed): the power never went")
    }

    /// The test above can fail: without syncs acknowledged records are lost, and it sees that.
    @Test(arguments: [UInt64(21), 22])
    func withoutSyncsItWouldNot(seed: UInt64) async throws {
        let load = try PowerLossLoad(seed: seed, isSynced: false)
        var lost: [String] = []
        for _ in 0..<20 where lost.isEmpty {
            do { lost = try await load.round() } catch let error as SQLiteBackendError { lost = ["\(error)"] }
        }
        #expect(!lost.isEmpty, "seed \(seed)")
    }

    @Test func everyAnswerCostsASync() async throws {
        let database = try TemporaryDatabase()
        let disk = PowerLossDisk(seed: 1)
        PowerLossFileSystem.shared.mount(disk, on: database.folderPath)
        defer { PowerLossFileSystem.shared.unmount(database.folderPath) }
        let backend = try database.open()
        for number in 0..<20 {
            let before = disk.syncs
            try await backend.log.append(PowerLossLoad.batch(number..<number + 1), to: .deliveryReport)
            #expect(disk.syncs > before)
        }
        await database.close()
    }
}

/// Random appends and projections by many callers, until the power goes.
final class PowerLossLoad: Sendable {
    private struct State {
        var generator: SeededGenerator
        var nextNumber = 0
        var appended: Set<Int> = []
        var projected: Set<Int> = []
        var losses = 0
    }

    private let database: TemporaryDatabase
    private let disk: PowerLossDisk
    private let isSynced: Bool
    private let state: Mutex<State>

    init(seed: UInt64, isSynced: Bool) throws {
        database = try TemporaryDatabase()
        disk = PowerLossDisk(seed: seed)
        self.isSynced = isSynced
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
        PowerLossFileSystem.shared.mount(disk, on: database.folderPath)
    }

    deinit { PowerLossFileSystem.shared.unmount(database.folderPath) }

    var acknowledgedCount: Int { state.withLock { $0.appended.count + $0.projected.count } }
    var powerLosses: Int { state.withLock { $0.losses } }

    /// Opens the file, works until the power goes, opens it again and says what was acknowledged and is missing.
    func round() async throws -> [String] {
        let backend = try open()
        let fence = try await backend.store.beginEpoch(.projector, partition: 0).fence
        disk.losePower(after: random(in: 0..<600))
        await withTaskGroup { tasks in
            for _ in 0..<12 { tasks.addTask { await self.work(backend, fence) } }
        }
        await database.abandon()
        if disk.isOff { state.withLock { $0.losses += 1 } }
        disk.restart()
        let missing = try await missing(in: try open())
        await database.close()
        return missing
    }

    static func batch(_ numbers: Range<Int>) -> RecordBatch {
        var batch = RecordBatch()
        for number in numbers {
            batch.append(key: NotificationID(high: 1, low: UInt64(number))) { bytes in
                bytes += Array("\(number)".utf8) + Array(repeating: UInt8(ascii: " "), count: number % 700)
            }
        }
        return batch
    }

    /// Checkpoints come often, so that the power goes in the middle of some.
    private func open() throws -> SQLiteBackend {
        try database.open {
            $0.isSynced = isSynced
            $0.checkpointPages = 10...60
        }
    }

    private func random(in range: Range<Int>) -> Int { state.withLock { Int.random(in: range, using: &$0.generator) } }

    private func numbers() -> Range<Int> {
        state.withLock { state in
            let start = state.nextNumber
            state.nextNumber += Int.random(in: 1..<8, using: &state.generator)
            return start..<state.nextNumber
        }
    }

    /// Ends with the first refusal: the power is gone.
    private func work(_ backend: SQLiteBackend, _ fence: Fence) async {
        for _ in 0..<60 {
            let numbers = numbers()
            do {
                if random(in: 0..<3) > 0 {
                    try await backend.log.append(Self.batch(numbers), to: .deliveryReport)
                    state.withLock { $0.appended.formUnion(numbers) }
                } else {
                    _ = try await backend.store.project(projection(numbers, fence))
                    state.withLock { $0.projected.formUnion(numbers) }
                }
            } catch {
                return
            }
        }
    }

    private func projection(_ numbers: Range<Int>, _ fence: Fence) -> Projection {
        Projection(
            fence: fence, nextOffset: Int64(numbers.upperBound), owner: OwnerID("owner"),
            rows: numbers.map { number in
                let notification = AcceptedNotification(
                    id: NotificationID(high: 2, low: UInt64(number)), account: "acme", externalID: nil,
                    urgency: .normal, steps: ["sms"], acceptedAt: Timestamp(milliseconds: 1),
                    payload: .init(bytes: Array("\(number)".utf8)))
                return .init(notification: notification, graphVersion: 1, isClaimed: number.isMultiple(of: 2))
            })
    }

    private func missing(in backend: SQLiteBackend) async throws -> [String] {
        let (appended, projected) = state.withLock { ($0.appended, $0.projected) }
        var cursor = LogCursor("0")
        var found: Set<Int> = []
        while case let page = try await backend.log.read(.deliveryReport, after: cursor, limit: 5000, wait: .zero),
            !page.items.isEmpty
        {
            found.formUnion(page.items.compactMap { $0.record.key.map { Int($0.low) } })
            cursor = page.next
        }
        let stored = try await backend.store.projected(projected.map { NotificationID(high: 2, low: UInt64($0)) })
        let storedNumbers = Set(stored.keys.map { Int($0.low) })
        return appended.subtracting(found).sorted().map { "record \($0)" }
            + projected.subtracting(storedNumbers).sorted().map { "notification \($0)" }
    }
}
