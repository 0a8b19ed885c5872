import ChannelSDK

@testable import Pipeline

/// The store's semantics in memory, as the port's comments state them.
struct SimulatedStore {
    struct Row {
        var notification: AcceptedNotification
        var state: NotificationState
    }

    struct ReadyRow {
        var ready: Application.Ready
    }

    private(set) var rows: [NotificationID: Row] = [:]
    private(set) var ready: [DeliveryID: Application.Ready] = [:]
    private(set) var claims: [DeliveryID: Claim] = [:]
    private(set) var timeline: [TimelineEntry] = []
    private(set) var parked: [Int64: ParkedReport] = [:]
    private(set) var optOuts: [OptOutKey: OptOutChange] = [:]
    private var optOutMessages: [[String]: Timestamp] = [:]
    private var correlations: [CorrelationKey: DeliveryID] = [:]
    private var sources: Set<String> = []
    private var nextParked: Int64 = 0
    private var epochs: [Stage: Int64] = [:]
    private var positions: [Stage: Int64] = [:]

    mutating func begin(_ stage: Stage) -> StageProgress {
        epochs[stage, default: 0] += 1
        return StageProgress(
            fence: Fence(stage: stage, partition: 0, epoch: epochs[stage] ?? 0), nextOffset: positions[stage] ?? 0)
    }

    private func check(_ fence: Fence) throws {
        if epochs[fence.stage] != fence.epoch { throw StoreError.fenced }
    }

    mutating func project(_ projection: Projection) throws -> ProjectionReceipt {
        try check(projection.fence)
        positions[.projector] = projection.nextOffset
        var released: [ParkedReport] = []
        let outcomes = projection.rows.map { row -> ProjectionReceipt.Outcome in
            let new = row.notification
            if let old = rows[new.id]?.notification {
                return ProjectedRequest(old) == ProjectedRequest(new) ? .repeated : .conflict
            }
            let id = DeliveryID(notification: new.id, ordinal: 1)
            var first = DeliveryState(
                id: id, channel: new.steps[0], step: 0, graphVersion: row.graphVersion, createdAt: new.acceptedAt)
            first.waiting = new.waiting
            let state = NotificationState(
                id: new.id, row: Int64(rows.count), account: new.account, externalID: new.externalID,
                urgency: new.urgency, steps: new.steps, deliveries: [first])
            rows[new.id] = Row(notification: new, state: state)
            if row.isClaimed {
                claims[id] = Claim(delivery: id, attempt: 1, errand: .send, owner: projection.owner)
            } else {
                ready[id] = Application.Ready(
                    row: state.row, delivery: id, channel: new.steps[0], account: new.account, urgency: new.urgency,
                    errand: .send, attempt: 1, due: new.acceptedAt)
            }
            let waiting = release(.notification(new.id), to: id)
            if waiting.contains(where: { $0.cancels(notificationOf: new.account) }) { hold(id) }
            released += waiting
            return .inserted
        }
        return ProjectionReceipt(outcomes: outcomes, released: released)
    }

    private mutating func release(_ key: CorrelationKey, to delivery: DeliveryID) -> [ParkedReport] {
        for (id, report) in parked where report.key == key && report.delivery == nil {
            parked[id] = ParkedReport(
                id: id, key: key, delivery: delivery, channel: report.channel, receivedAt: report.receivedAt,
                report: report.report)
        }
        return parked.values.filter { $0.key == key }.sorted { $0.id < $1.id }
    }

    private mutating func hold(_ id: DeliveryID) {
        ready[id] = nil
        claims[id] = Claim(delivery: id, attempt: 0, errand: .send, owner: .cancel)
    }

    mutating func holdForCancel(_ id: NotificationID) -> CancelHold {
        guard let newest = rows[id]?.state.deliveries.last else { return .unknown }
        guard newest.status == .accepted, newest.settleAt == nil, claims[newest.id]?.attempt ?? 0 == 0 else {
            return .refused
        }
        hold(newest.id)
        return .held(newest.id)
    }

    mutating func claim(_ channel: String, _ count: Int, owner: OwnerID, now: Timestamp) -> [ClaimedDelivery] {
        let due = ready.values.filter { $0.channel == channel && $0.due <= now }
            .sorted { ($0.due, $0.delivery) < ($1.due, $1.delivery) }
        return due.prefix(count).compactMap { entry in
            guard claims[entry.delivery] == nil, let row = rows[entry.delivery.notification] else { return nil }
            ready[entry.delivery] = nil
            claims[entry.delivery] = Claim(
                delivery: entry.delivery, attempt: entry.attempt, errand: entry.errand, owner: owner)
            return ClaimedDelivery(
                delivery: entry.delivery, channel: channel, account: entry.account, urgency: entry.urgency,
                errand: entry.errand, attempt: entry.attempt, due: entry.due, expiresAt: nil,
                payload: row.notification.payload)
        }
    }

    func nextDue(_ channel: String) -> Timestamp? {
        ready.values.filter { $0.channel == channel }.map(\.due).min()
    }

    func load(_ ids: [NotificationID]) -> [NotificationState] { ids.compactMap { rows[$0]?.state } }

    mutating func apply(_ application: Application) throws -> [ParkedReport] {
        try check(application.fence)
        positions[.applier] = application.nextOffset
        for update in application.updates.sorted(by: { $0.delivery.id < $1.delivery.id }) {
            let id = update.delivery.id
            if Int(id.ordinal) > rows[id.notification]?.state.deliveries.count ?? 0 {
                rows[id.notification]?.state.deliveries.append(update.delivery)
            } else {
                rows[id.notification]?.state.deliveries[Int(id.ordinal) - 1] = update.delivery
            }
        }
        for entry in application.timeline {
            let isKnown = entry.eventID.map { id in
                timeline.contains { $0.delivery == entry.delivery && $0.eventID == id }
            }
            if entry.change != nil || isKnown != true { timeline.append(entry) }
        }
        for ended in application.endedClaims where claims[ended.delivery]?.attempt == ended.attempt {
            claims[ended.delivery] = nil
        }
        for withdrawal in application.withdrawals { ready[withdrawal.delivery] = nil }
        for entry in application.ready { ready[entry.delivery] = entry }
        return application.correlations.flatMap { correlation -> [ParkedReport] in
            let key = CorrelationKey.providerMessage(
                channel: correlation.channel, id: correlation.providerMessageID)
            correlations[key] = correlation.delivery
            return release(key, to: correlation.delivery)
        }
    }

    func changes(offsets: Range<Int64>) -> [(notification: NotificationState, entry: TimelineEntry)] {
        timeline.filter { $0.change != nil && offsets.contains($0.source.offset) }
            .compactMap { entry in rows[entry.delivery.notification].map { ($0.state, entry) } }
    }

    mutating func correlate(_ questions: [CorrelationQuestion]) -> [DeliveryID?] {
        questions.map { question in
            if let delivery = correlations[question.key] { return delivery }
            if case .notification(let id) = question.key, let newest = rows[id]?.state.deliveries.last {
                return newest.id
            }
            if sources.insert("\(question.source)/\(question.index)").inserted {
                nextParked += 1
                parked[nextParked] = ParkedReport(
                    id: nextParked, key: question.key, delivery: nil, channel: question.channel,
                    receivedAt: question.receivedAt, report: question.report)
            }
            return nil
        }
    }

    mutating func note(_ changes: [OptOutChange]) {
        for change in changes {
            guard let message = change.message else { continue }
            let name = [change.key.list, change.key.address, message]
            optOutMessages[name] = min(optOutMessages[name] ?? change.at, change.at)
        }
        for change in changes {
            let name = change.message.map { [change.key.list, change.key.address, $0] }
            let word = change.said(at: name.flatMap { optOutMessages[$0] } ?? change.at)
            if optOuts[word.key].map(word.outweighs) ?? true { optOuts[word.key] = word }
        }
    }

    /// The word for which a claimed delivery must not be sent.
    func optOut(of claim: ClaimedDelivery) -> OptOutChange? {
        guard let recipient = try? claim.payload.decoded().content.recipient else { return nil }
        return optOuts[OptOutKey(list: "text", recipient: recipient)].flatMap { $0.isOptedOut ? $0 : nil }
    }

    mutating func unpark(_ ids: [ParkedReport.ID]) { for id in ids { parked[id] = nil } }

    func dueSettlements(_ now: Timestamp) -> [DeliveryID] {
        rows.values.flatMap(\.state.deliveries)
            .filter { $0.settlement == .open && ($0.settleAt ?? .distantFuture) <= now }.map(\.id).sorted()
    }
}
