import ChannelSDK
import ChannelSMS
import Foundation
import Logging
import SQLiteBackend
import Testing

@testable import Pipeline

/// An applier over a real store, fed by hand: what the loop does, one step at a time, with a clock that the test holds.
final class AppliedWorld {
    let backend: SQLiteBackend
    let folder: URL
    private(set) var laws: LawBook
    let ids: [NotificationID]
    var now = Timestamp(milliseconds: 1_800_000_000_000)
    private(set) var published: [StatusChange] = []
    private(set) var deadLetters = 0
    private(set) var lastTried: [LogRecord] = []
    private var machine: ApplierMachine
    private var pending: [LogRecord] = []
    private var offset: Int64 = 0

    init(
        notifications count: Int = 1, steps: [String] = ["sms"], policy: DeliveryPolicy = DeliveryPolicy(),
        book: LawBook? = nil
    ) async throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("switchboard-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        backend = try SQLiteBackend(
            .init(path: folder.appendingPathComponent("test.db").path), logger: Logger(label: "test"))
        let law = ChannelLaw(order: try StatusOrder(checking: SMSChannel.statuses), policy: policy)
        laws = book ?? LawBook(["sms": law, "backup": law])
        ids = (0..<count).map { NotificationID(high: 7, low: UInt64($0)) }
        let begun = try await backend.store.beginEpoch(.projector, partition: 0)
        let rows = ids.map { id in
            Projection.Row(
                notification: AcceptedNotification(
                    id: id, account: "default", externalID: nil, urgency: .normal, steps: steps,
                    acceptedAt: Timestamp(milliseconds: 1_800_000_000_000),
                    payload: .init(content: MessageContent(recipient: "+15550100", body: "hello"))),
                graphVersion: 1, isClaimed: true)
        }
        _ = try await backend.store.project(
            Projection(fence: begun.fence, nextOffset: Int64(count), owner: OwnerID("test"), rows: rows))
        machine = ApplierMachine(laws: laws, progress: try await backend.store.beginEpoch(.applier, partition: 0))
    }

    func close() async {
        await backend.close()
        try? FileManager.default.removeItem(at: folder)
    }

    /// The first delivery of the first notification.
    var delivery: DeliveryID { DeliveryID(notification: ids[0], ordinal: 1) }

    func newApplier(_ book: LawBook? = nil) async throws {
        laws = book ?? laws
        machine = ApplierMachine(laws: laws, progress: try await backend.store.beginEpoch(.applier, partition: 0))
    }

    func record(_ event: DeliveryReport.Event, of index: Int = 0, ordinal: UInt16 = 1) {
        let report = DeliveryReport(
            delivery: DeliveryID(notification: ids[index], ordinal: ordinal), at: now, event: event)
        var bytes: [UInt8] = []
        report.write(to: &bytes)
        pending.append(LogRecord(offset: offset, key: ids[index], headers: [], value: bytes[...]))
        offset += 1
    }

    func report(_ report: StatusReport, of index: Int = 0, ordinal: UInt16 = 1) {
        record(.report(channel: nil, report), of: index, ordinal: ordinal)
    }

    /// What was appended elsewhere, as it comes to the applier.
    func records(of batch: RecordBatch) -> [LogRecord] {
        batch.entries.map { entry in
            defer { offset += 1 }
            return LogRecord(offset: offset, key: entry.key, headers: [], value: batch.bytes[entry.range])
        }
    }

    /// Applies what was recorded, as one batch; the records, to be replayed.
    @discardableResult
    func apply() async throws -> [LogRecord] {
        let records = pending
        pending = []
        try await replay(records)
        return records
    }

    /// Like ``apply()``, of which only the store may fail; ``lastTried`` has the records then.
    func applyOnce() async throws(StoreError) -> [LogRecord] {
        lastTried = pending
        do {
            return try await apply()
        } catch {
            throw error as? StoreError ?? .failed("\(error)")
        }
    }

    func replay(_ records: [LogRecord]) async throws {
        var effect = machine.handle(.records(records))
        while true {
            switch effect {
            case .findChanges(let ids, let offsets):
                let found = try await backend.store.changes(of: ids, partition: 0, offsets: offsets)
                published += found.compactMap { StatusChange($0.entry, of: $0.notification) }
                effect = machine.handle(.changes(found))
            case .load(let ids): effect = machine.handle(.loaded(try await backend.store.load(ids)))
            case .park(let questions):
                effect = machine.handle(.parked(try await backend.store.correlate(questions)))
            case .store(let application):
                let released = try await backend.store.apply(application)
                let states = try await backend.store.load(Array(Set(application.timeline.map(\.delivery.notification))))
                let byID = Dictionary(uniqueKeysWithValues: states.map { ($0.id, $0) })
                published += application.timeline.compactMap { entry in
                    byID[entry.delivery.notification].flatMap { StatusChange(entry, of: $0) }
                }
                effect = machine.handle(.stored(released))
            case .append(let batches):
                deadLetters += batches.filter { $0.topic == .deadLetter }.reduce(0) { $0 + $1.batch.count }
                effect = machine.handle(.appended)
            case .unpark(let ids):
                try await backend.store.unpark(ids)
                effect = machine.handle(.unparked)
            case .commit: effect = machine.handle(.committed)
            case .finish: return
            case .halt(let reason):
                Issue.record("halted: \(reason)")
                return
            }
        }
    }

    func state(_ index: Int = 0) async throws -> NotificationState {
        try #require(try await backend.store.load([ids[index]]).first)
    }

    func states() async throws -> [NotificationState?] {
        let found = Dictionary(uniqueKeysWithValues: try await backend.store.load(ids).map { ($0.id, $0) })
        return ids.map { found[$0] }
    }
}
