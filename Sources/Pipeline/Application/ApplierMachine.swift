public import ChannelSDK

/// The applier of one partition of `delivery.report`, without I/O: it is told what happened and says what to do next,
/// one effect at a time. The only writer of statuses.
///
/// For each batch: load what is not at hand → let cancels wait whose notifications are not projected yet → store what the
/// records do, in one transaction under the fence → publish the changes → commit the offset. A crash anywhere is a replay: records that the store has seen are not applied
/// again, their changes are published again as they were.
public struct ApplierMachine: Sendable {
    public enum Event: Sendable {
        case records([LogRecord])
        case changes([(notification: NotificationState, entry: TimelineEntry)])
        case loaded([NotificationState])
        /// One for each question, in order.
        case parked([DeliveryID?])
        case stored([ParkedReport])
        case appended
        case unparked
        case committed
    }

    public enum Effect: Sendable {
        case findChanges(of: [NotificationID], offsets: Range<Int64>)
        case load([NotificationID])
        /// Ask the store, which lets wait what it does not know.
        case park([CorrelationQuestion])
        case store(Application)
        case append([(topic: Topic, batch: RecordBatch)])
        case unpark([ParkedReport.ID])
        case commit(Int64)
        /// The batch is done. Channels that got something to do, and when it falls due.
        case finish(wakes: [String: Timestamp])
        /// Only a newer version can go on.
        case halt(String)
    }

    private struct Work {
        /// Records that the store has seen: a crash may have come before what they led to was published.
        var replayed: [(offset: Int64, report: DeliveryReport)] = []
        var fresh: [(offset: Int64, report: DeliveryReport)] = []
        var deadLetters = RecordBatch()
        var touched: [NotificationID: NotificationState] = [:]
        var wakes: [String: Timestamp] = [:]
        var changes: [StatusChange] = []
        /// Cancels of what was not known, and whose records they are.
        var early: [(question: CorrelationQuestion, report: DeliveryReport)] = []
        /// Those of them that are known by now: to be looked at again.
        var again = RecordBatch()
        var application: Application?
        var parked: [ParkedReport.ID] = []
        var end: Int64 = 0
        var tally = ApplierTally()
    }

    /// To be changed between batches only.
    var laws: LawBook
    let fence: Fence
    private var nextOffset: Int64
    private var states: RecentStates
    private var work = Work()

    /// What the batch's new records did.
    var tally: ApplierTally { work.tally }

    public init(laws: LawBook, progress: StageProgress, rememberedStates: Int = 100_000) {
        self.laws = laws
        fence = progress.fence
        nextOffset = progress.nextOffset
        states = RecentStates(capacity: rememberedStates)
    }

    public mutating func handle(_ event: Event) -> Effect {
        switch event {
        case .records(let records): begin(records)
        case .changes(let found):
            replay(found)
        case .loaded(let found):
            apply(found)
        case .parked(let deliveries):
            store(deliveries)
        case .stored(let released):
            publish(released)
        case .appended:
            work.parked.isEmpty ? .commit(work.end) : .unpark(work.parked)
        case .unparked: .commit(work.end)
        case .committed: .finish(wakes: work.wakes)
        }
    }

    /// Puts a record that ends runs aside instead of processing it.
    public mutating func quarantine(_ record: LogRecord) -> Effect {
        work = Work()
        work.end = record.offset + 1
        bury(.quarantined, DeadLetter.endedTwoRuns, record)
        return .store(Application(fence: fence, nextOffset: max(work.end, nextOffset)))
    }

    // MARK: Reading

    private mutating func begin(_ records: [LogRecord]) -> Effect {
        work = Work()
        work.end = (records.last?.offset ?? nextOffset - 1) + 1
        for record in records {
            do throws(RecordProblem) {
                let report = try DeliveryReport(record: record.value)
                if record.offset < nextOffset {
                    work.replayed.append((record.offset, report))
                } else {
                    work.fresh.append((record.offset, report))
                }
            } catch {
                if case .newerVersion(let version) = error {
                    return .halt(RecordProblem.newer(version, .deliveryReport, fence.partition, record.offset))
                }
                bury(.undecodable, "\(error)", record)
            }
        }
        guard let first = work.replayed.first, let last = work.replayed.last else { return loadMissing() }
        let ids = Set(work.replayed.map(\.report.delivery.notification))
        return .findChanges(of: Array(ids), offsets: first.offset..<last.offset + 1)
    }

    private mutating func replay(_ found: [(notification: NotificationState, entry: TimelineEntry)]) -> Effect {
        work.changes = found.compactMap { StatusChange($0.entry, of: $0.notification) }
        return loadMissing()
    }

    private mutating func loadMissing() -> Effect {
        var missing: Set<NotificationID> = []
        for (_, report) in work.replayed { note(report, &missing) }
        for (_, report) in work.fresh { note(report, &missing) }
        return missing.isEmpty ? apply([]) : .load(Array(missing))
    }

    private mutating func note(_ report: DeliveryReport, _ missing: inout Set<NotificationID>) {
        let id = report.delivery.notification
        guard work.touched[id] == nil else { return }
        if let state = states[id] { work.touched[id] = state } else { missing.insert(id) }
    }

    // MARK: Applying

    private mutating func apply(_ found: [NotificationState]) -> Effect {
        for state in found { work.touched[state.id] = state }
        lookAtReplayed()
        guard !work.fresh.isEmpty else { return park() }
        var draft = ApplicationDraft()
        for (offset, report) in work.fresh {
            let id = report.delivery.notification
            guard let state = work.touched.removeValue(forKey: id) else {
                if isEarly(report, offset) { continue }
                bury(.unknownDelivery, "notification \(id) is not known", report, offset)
                continue
            }
            work.tally.note(report, before: state)
            let position = LogPosition(partition: fence.partition, offset: offset)
            var applier = StatusApplier(report, at: position, to: state, laws: laws, draft: draft)
            draft = ApplicationDraft()
            let isKnown = applier.apply()
            draft = applier.draft
            work.touched[id] = applier.state
            if !isKnown { bury(.unknownDelivery, "delivery \(report.delivery) is not known", report, offset) }
        }
        let changes = draft.timeline.compactMap { entry in
            work.touched[entry.delivery.notification].flatMap { StatusChange(entry, of: $0) }
        }
        work.tally.note(changes)
        work.changes += changes
        work.wakes = draft.wakes
        work.application = draft.application(
            fence: fence, nextOffset: max(work.end, nextOffset), states: work.touched)
        return park()
    }

    /// Reports about nothing that is known are dead letters again, and cancels wait again: a crash can have come before.
    private mutating func lookAtReplayed() {
        for (offset, report) in work.replayed {
            let deliveries = work.touched[report.delivery.notification]?.deliveries ?? []
            if deliveries.isEmpty, isEarly(report, offset) { continue }
            if case .cancelRequest = report.event, deliveries.last?.status == .accepted {
                report.append(to: &work.again)
                continue
            }
            guard !deliveries.contains(where: { $0.id == report.delivery }) else { continue }
            bury(.unknownDelivery, "delivery \(report.delivery) is not known", report, offset)
        }
    }

    // MARK: Early cancels

    private mutating func isEarly(_ report: DeliveryReport, _ offset: Int64) -> Bool {
        guard case .cancelRequest(let account) = report.event else { return false }
        let source = LogPosition(partition: fence.partition, offset: offset)
        let question = CorrelationQuestion(
            cancel: report.delivery.notification, account: account, source: source, receivedAt: report.at)
        work.early.append((question, report))
        return true
    }

    private mutating func park() -> Effect {
        work.early.isEmpty ? store([]) : .park(work.early.map(\.question))
    }

    /// What was projected between our look and the store's is known when its record comes to us again.
    private mutating func store(_ parked: [DeliveryID?]) -> Effect {
        for (early, delivery) in zip(work.early, parked) where delivery != nil { early.report.append(to: &work.again) }
        return work.application.map { .store($0) } ?? publish([])
    }

    // MARK: Publishing

    private mutating func publish(_ released: [ParkedReport]) -> Effect {
        nextOffset = max(work.end, nextOffset)
        // In the order of the records, so that what is forgotten first does not depend on chance.
        for (_, report) in work.replayed { remember(report) }
        for (_, report) in work.fresh { remember(report) }
        var batches: [(topic: Topic, batch: RecordBatch)] = []
        if !work.changes.isEmpty {
            var batch = RecordBatch()
            batch.reserve(records: work.changes.count, bytes: work.changes.count * 400)
            // How a callback fares is no event of its own: nobody asked for it, and it would bring the next callback.
            for change in work.changes where !CallbackChannel.isName(change.channel) { change.append(to: &batch) }
            if !batch.isEmpty { batches.append((.statusChange, batch)) }
        }
        let reports = ParkedReport.records(of: released)
        if !reports.isEmpty { batches.append((.deliveryReport, reports)) }
        if !work.again.isEmpty { batches.append((.deliveryReport, work.again)) }
        if !work.deadLetters.isEmpty { batches.append((.deadLetter, work.deadLetters)) }
        work.parked = released.map(\.id)
        return batches.isEmpty ? handle(.appended) : .append(batches)
    }

    private mutating func remember(_ report: DeliveryReport) {
        if let state = work.touched.removeValue(forKey: report.delivery.notification) { states.remember(state) }
    }

    private mutating func bury(_ reason: DeadLetter.Reason, _ detail: String, _ record: LogRecord) {
        let letter = DeadLetter(
            reason: reason, detail: detail, topic: .deliveryReport,
            position: LogPosition(partition: fence.partition, offset: record.offset), channel: nil)
        letter.append(to: &work.deadLetters, value: record.value)
    }

    private mutating func bury(
        _ reason: DeadLetter.Reason, _ detail: String, _ report: DeliveryReport, _ offset: Int64
    ) {
        var value: [UInt8] = []
        report.write(to: &value)
        bury(reason, detail, LogRecord(offset: offset, key: nil, headers: [], value: value[...]))
    }
}

extension ParkedReport {
    /// The records on `delivery.report` for reports whose delivery is known by now.
    static func records(of released: [ParkedReport]) -> RecordBatch {
        var batch = RecordBatch()
        for parked in released {
            guard let delivery = parked.delivery, let event = parked.event else { continue }
            DeliveryReport(delivery: delivery, at: parked.receivedAt, event: event).append(to: &batch)
        }
        return batch
    }

    private var event: DeliveryReport.Event? {
        let name = channel.isEmpty ? nil : channel
        if isCancel { return .cancelRequest(account: name) }
        var reader = ByteReader(report[...])
        return (try? StatusReport(&reader)).map { .report(channel: name, $0) }
    }
}
