public import ChannelSDK

/// The projector of one partition of `notification.requested`, without I/O: it is told what happened and says what to
/// do next, one effect at a time. It drains the log into the store whatever the channels do, so that a backlog waits in
/// the store.
///
/// For each batch: reserve room with the channels → store, those with room as claimed → hand the claimed ones over →
/// publish conflicts → commit the offset.
public struct ProjectorMachine: Sendable {
    public enum Event: Sendable {
        case records([LogRecord], now: Timestamp)
        /// How much room each channel gave, at most what was asked.
        case reserved([String: Int])
        case projected(ProjectionReceipt)
        case handed
        case appended
        case unparked
        case committed
    }

    public enum Effect: Sendable {
        case reserve([String: Int])
        case store(Projection)
        /// Give these to their channels' dispatchers, and back what was reserved in vain. Channels in `ready` have new
        /// work in the store.
        case hand([ClaimedDelivery], unused: [String: Int], ready: [String: Timestamp])
        case append([(topic: Topic, batch: RecordBatch)])
        case unpark([ParkedReport.ID])
        case commit(Int64)
        case finish
        case halt(String)
    }

    private struct Work {
        var notifications: [AcceptedNotification] = []
        var isClaimed: [Bool] = []
        var reserved: [String: Int] = [:]
        var receipt = ProjectionReceipt(outcomes: [], released: [])
        var deadLetters = RecordBatch()
        var now = Timestamp.distantPast
        var end: Int64 = 0
    }

    /// To be changed between batches only.
    var laws: LawBook
    private let owner: OwnerID
    private let fence: Fence
    /// After which notifications may have been removed; nil: none is.
    private let retention: Duration?
    private var nextOffset: Int64
    private var work = Work()

    public init(laws: LawBook, owner: OwnerID, progress: StageProgress, retention: Duration? = nil) {
        self.laws = laws
        self.owner = owner
        self.retention = retention
        fence = progress.fence
        nextOffset = progress.nextOffset
    }

    public mutating func handle(_ event: Event) -> Effect {
        switch event {
        case .records(let records, let now): begin(records, now)
        case .reserved(let room): store(room)
        case .projected(let receipt): hand(receipt)
        case .handed: publish()
        case .appended: work.receipt.released.isEmpty ? .commit(work.end) : .unpark(work.receipt.released.map(\.id))
        case .unparked: .commit(work.end)
        case .committed: .finish
        }
    }

    /// Puts a record that ends runs aside instead of processing it.
    public mutating func quarantine(_ record: LogRecord) -> Effect {
        work = Work()
        work.end = record.offset + 1
        let letter = DeadLetter(
            reason: .quarantined, detail: DeadLetter.endedTwoRuns, topic: .notificationRequested,
            position: LogPosition(partition: fence.partition, offset: record.offset), channel: nil)
        letter.append(to: &work.deadLetters, value: record.value)
        return store([:])
    }

    private mutating func begin(_ records: [LogRecord], _ now: Timestamp) -> Effect {
        work = Work()
        work.now = now
        work.end = (records.last?.offset ?? nextOffset - 1) + 1
        work.notifications.reserveCapacity(records.count)
        // Records that the store has seen are projected again: they are repeats or conflicts there, and what a crash
        // kept from being published is published now. Not so those old enough to have been removed: nothing would say
        // that they are repeats, and they would be sent again.
        let removedBefore = retention.map { now - $0 } ?? .distantPast
        for record in records {
            do throws(RecordProblem) {
                let notification = try AcceptedNotification(record: record.value)
                if record.offset < nextOffset, notification.acceptedAt < removedBefore { continue }
                work.notifications.append(notification)
            } catch {
                if case .newerVersion(let version) = error {
                    return .halt(RecordProblem.newer(version, .notificationRequested, fence.partition, record.offset))
                }
                let letter = DeadLetter(
                    reason: .undecodable, detail: "\(error)", topic: .notificationRequested,
                    position: LogPosition(partition: fence.partition, offset: record.offset), channel: nil)
                letter.append(to: &work.deadLetters, value: record.value)
            }
        }
        var wanted: [String: Int] = [:]
        for notification in work.notifications where isDue(notification) {
            wanted[notification.steps[0], default: 0] += 1
        }
        return wanted.isEmpty ? store([:]) : .reserve(wanted)
    }

    private func isDue(_ notification: AcceptedNotification) -> Bool {
        notification.notBefore.map { $0 <= work.now } ?? true
    }

    private mutating func store(_ room: [String: Int]) -> Effect {
        work.reserved = room
        var left = room
        var rows: [Projection.Row] = []
        rows.reserveCapacity(work.notifications.count)
        for notification in work.notifications {
            let channel = notification.steps[0]
            let isClaimed = isDue(notification) && left[channel, default: 0] > 0
            if isClaimed { left[channel]! -= 1 }
            work.isClaimed.append(isClaimed)
            let version = laws.law(of: channel, version: 0)?.order.version ?? 0
            rows.append(Projection.Row(notification: notification, graphVersion: version, isClaimed: isClaimed))
        }
        return .store(
            Projection(fence: fence, nextOffset: max(work.end, nextOffset), owner: owner, rows: rows))
    }

    private mutating func hand(_ receipt: ProjectionReceipt) -> Effect {
        nextOffset = max(work.end, nextOffset)
        work.receipt = receipt
        var claimed: [ClaimedDelivery] = []
        var unused = work.reserved
        var ready: [String: Timestamp] = [:]
        let canceled = canceled(receipt)
        for (index, notification) in work.notifications.enumerated() where receipt.outcomes[index] == .inserted {
            let channel = notification.steps[0]
            if canceled.contains(notification.id) { continue }
            if work.isClaimed[index] {
                unused[channel, default: 0] -= 1
                claimed.append(ClaimedDelivery(first: notification))
            } else {
                let due = notification.notBefore ?? notification.acceptedAt
                ready[channel] = min(ready[channel] ?? .distantFuture, due)
            }
        }
        return .hand(claimed, unused: unused.filter { $0.value > 0 }, ready: ready)
    }

    /// Whose cancel was there first: the store holds them, for the applier to end.
    private func canceled(_ receipt: ProjectionReceipt) -> Set<NotificationID> {
        let cancels = receipt.released.filter(\.isCancel)
        guard !cancels.isEmpty else { return [] }
        let accounts = Dictionary(
            work.notifications.map { ($0.id, $0.account) }, uniquingKeysWith: { first, _ in first })
        return cancels.reduce(into: []) { ids, cancel in
            guard let id = cancel.delivery?.notification, let account = accounts[id] else { return }
            if cancel.cancels(notificationOf: account) { ids.insert(id) }
        }
    }

    private mutating func publish() -> Effect {
        var batches: [(topic: Topic, batch: RecordBatch)] = []
        var conflicts = RecordBatch()
        for (index, notification) in work.notifications.enumerated() where work.receipt.outcomes[index] == .conflict {
            ConflictEvent(notification).append(to: &conflicts)
        }
        if !conflicts.isEmpty { batches.append((.conflict, conflicts)) }
        let released = ParkedReport.records(of: work.receipt.released)
        if !released.isEmpty { batches.append((.deliveryReport, released)) }
        if !work.deadLetters.isEmpty { batches.append((.deadLetter, work.deadLetters)) }
        return batches.isEmpty ? handle(.appended) : .append(batches)
    }
}

extension ClaimedDelivery {
    /// The first attempt of a notification's first delivery.
    init(first notification: AcceptedNotification) {
        self.init(
            delivery: DeliveryID(notification: notification.id, ordinal: 1), channel: notification.steps[0],
            account: notification.account, urgency: notification.urgency, errand: .send, attempt: 1,
            due: notification.notBefore ?? notification.acceptedAt, expiresAt: notification.expiresAt,
            payload: notification.payload)
    }
}

/// The public event `notification.conflict`: a request came under an `externalId` that is another notification's. It
/// is never sent.
struct ConflictEvent {
    let notification: AcceptedNotification

    init(_ notification: AcceptedNotification) { self.notification = notification }

    func append(to batch: inout RecordBatch) {
        let event = CloudEvent(
            id: "\(notification.id)/conflict/\(notification.acceptedAt.milliseconds)", type: .conflict,
            subject: notification.id.description, time: notification.acceptedAt)
        event.append(to: &batch, key: notification.id) { data in
            data.member("notificationId", notification.id.description)
            data.member("externalId", notification.externalID)
            data.member("account", notification.account)
            let name = notification.externalID == nil ? "Idempotency-Key" : "externalId"
            data.member("message", "another request has this \(name); this one was not sent")
            data.member("at", notification.acceptedAt.description)
        }
    }
}
