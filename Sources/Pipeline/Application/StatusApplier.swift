public import ChannelSDK

/// Applies one record to one notification: the status law, as a pure function of the two.
struct StatusApplier {
    let laws: LawBook
    let source: LogPosition
    var state: NotificationState
    var draft: ApplicationDraft
    /// The delivery at hand, by its place in `state.deliveries`.
    var index = 0
    var report: DeliveryReport

    init(
        _ report: DeliveryReport, at source: LogPosition, to state: NotificationState, laws: LawBook,
        draft: ApplicationDraft
    ) {
        self.laws = laws
        self.source = source
        self.state = state
        self.draft = draft
        self.report = report
    }

    /// False when the notification has no such delivery: nothing changed.
    mutating func apply() -> Bool {
        let ordinal = Int(report.delivery.ordinal)
        guard ordinal >= 1, ordinal <= state.deliveries.count else { return false }
        index = ordinal - 1
        if case .cancelRequest(let account) = report.event {
            guard account == nil || account == state.account else { return false }
            index = state.deliveries.count - 1
        }
        draft.touch(delivery, row: state.row)
        switch report.event {
        case .outcome(let attempt, let outcome): apply(outcome, of: attempt)
        case .query(let attempt, let answer): apply(answer, about: attempt)
        case .report(let channel, let status): apply(status, through: channel)
        case .claimLost(let attempt, let errand): loseClaim(attempt, errand)
        case .claimReleased(let attempt, let errand): releaseClaim(attempt, errand)
        case .settleDue: closeIfDue()
        case .cancel, .cancelRequest: cancel()
        case .resolution(let resolution): resolve(resolution)
        }
        return true
    }

    var delivery: DeliveryState {
        get { state.deliveries[index] }
        set { state.deliveries[index] = newValue }
    }

    var law: ChannelLaw? { laws.law(of: delivery.channel, version: delivery.graphVersion) }

    /// True once a provider gave evidence that it took the delivery.
    var isTaken: Bool {
        guard let rank = law?.order.rank(of: delivery.status) else { return false }
        return rank >= StatusOrder.Rank(StatusOrder.hostStatuses.count)
    }

    /// False when it is certain that the ready index has no row of this delivery.
    var mayBeReady: Bool {
        switch delivery.waiting?.reason {
        case .scheduled, .retrying, .throttled, .querying: true
        case .held, .noReport, .circuitOpen, .channelRemoved: false
        case nil: delivery.attempts == 0
        }
    }
}

// MARK: - Moves

extension StatusApplier {
    /// Moves the delivery to `status` if that outranks where it stands, and notes the record in the timeline.
    mutating func move(to status: StatusName, kind: TimelineEntry.Kind, detail: StatusDetail) {
        guard let order = law?.order, let rank = order.rank(of: status) else {
            let reason = law == nil ? "channel '\(delivery.channel)' is not configured" : "unknown status"
            return note(kind, reported: status.rawValue, detail: detail, withoutEffect: reason)
        }
        let current = order.rank(of: delivery.status) ?? 0
        if rank == current {
            if detail < delivery.detail { delivery.detail = detail }
            return note(kind, reported: status.rawValue, detail: detail, withoutEffect: "repeat")
        }
        guard rank > current else {
            return note(
                kind, reported: status.rawValue, detail: detail, withoutEffect: "outranked by \(delivery.status)")
        }
        let previous = delivery.status
        let isLate =
            delivery.settlement == .closed
            || order[current].meaning == .failure && order[rank].meaning != .failure
        // Until then it was about repeating an attempt.
        if previous == .accepted { delivery.settleAt = nil }
        if mayBeReady, order[rank].isSettled || rank >= StatusOrder.Rank(StatusOrder.hostStatuses.count) {
            draft.withdraw(delivery.id, row: state.row)
        }
        delivery.status = status
        delivery.detail = detail
        if status == .canceled { delivery.endsRoute = true }
        settle(order[rank])
        publish(kind, reported: status.rawValue, detail: detail, previous: previous, isLate: isLate)
        followUp(order[rank])
    }

    /// Settlement follows the status; a closed delivery opens again only to be settled.
    private mutating func settle(_ status: StatusGraph.Status) {
        delivery.updatedAt = report.at
        if status.isSettled {
            delivery.settlement = .settled
            delivery.settleAt = nil
            delivery.waiting = nil
        } else if delivery.settlement == .settled {
            delivery.settlement = .open
        }
    }

    /// What a status brings about beyond its own delivery.
    private mutating func followUp(_ status: StatusGraph.Status) {
        switch status.meaning {
        case .progress: break
        case .failure: failOver()
        case .goal: cancelLaterDeliveries()
        }
    }

    /// A permanent failure of the newest delivery starts one on the route's next channel.
    private mutating func failOver() {
        guard index == state.deliveries.count - 1, !delivery.endsRoute else { return }
        let next = delivery.step + 1
        guard next < state.steps.count else { return }
        startDelivery(step: next)
    }

    /// The message arrived after all: what a failover has not sent yet need not be sent.
    private mutating func cancelLaterDeliveries() {
        let arrived = index
        for later in state.deliveries.indices where later > arrived && state.deliveries[later].status == .accepted {
            index = later
            draft.touch(delivery, row: state.row)
            move(
                to: .canceled, kind: .cancel,
                detail: StatusDetail(code: "arrived", message: "delivery \(arrived + 1) arrived"))
        }
        index = arrived
    }

    mutating func startDelivery(step: Int) {
        let channel = state.steps[step]
        let id = DeliveryID(notification: state.id, ordinal: UInt16(truncatingIfNeeded: state.deliveries.count + 1))
        let law = laws.law(of: channel, version: 0)
        let former = index
        state.deliveries.append(
            DeliveryState(
                id: id, channel: channel, step: step, graphVersion: law?.order.version ?? 0, createdAt: report.at))
        index = state.deliveries.count - 1
        publish(.started, reported: nil, detail: StatusDetail(), previous: nil)
        draft.begin(id, row: state.row)
        makeReady(errand: .send, attempt: 1, due: report.at)
        index = former
    }

    mutating func makeReady(errand: Errand, attempt: Int, due: Timestamp) {
        draft.makeReady(
            Application.Ready(
                row: state.row, delivery: delivery.id, channel: delivery.channel, account: state.account,
                urgency: state.urgency, errand: errand, attempt: attempt, due: due))
    }

    // MARK: Timeline

    mutating func note(
        _ kind: TimelineEntry.Kind, reported: String?, detail: StatusDetail, withoutEffect: String? = nil
    ) {
        var entry = TimelineEntry(
            delivery: delivery.id, row: state.row, source: source, kind: kind, at: report.at, reported: reported,
            detail: detail)
        entry.withoutEffect = withoutEffect
        entry.eventID = eventID
        draft.note(entry)
    }

    /// Notes a change that consumers hear of, and gives it its number.
    mutating func publish(
        _ kind: TimelineEntry.Kind, reported: String?, detail: StatusDetail, previous: StatusName?,
        isLate: Bool = false
    ) {
        let sequence = state.sequence + 1
        delivery.sequence = sequence
        let change = TimelineEntry.Change(
            sequence: sequence, previous: previous, status: delivery.status, settlement: delivery.settlement,
            notificationStatus: state.status(laws: laws), isLate: isLate, segments: delivery.segments)
        var entry = TimelineEntry(
            delivery: delivery.id, row: state.row, source: source, kind: kind, at: report.at, reported: reported,
            detail: detail, change: change)
        entry.eventID = eventID
        draft.note(entry)
    }

    /// Only for the delivery that the report is about, and not for others that it moves.
    private var eventID: String? {
        guard case .report(_, let status) = report.event, delivery.id == report.delivery else { return nil }
        return status.eventID
    }
}

extension NotificationState {
    /// The delivery that stands for the notification: the first, in the route's order, that met its goal, else the
    /// newest.
    public func standing(laws: LawBook) -> DeliveryState {
        let arrived = deliveries.first {
            laws.law(of: $0.channel, version: $0.graphVersion)?.order.status(named: $0.status)?.meaning == .goal
        }
        return arrived ?? deliveries[deliveries.count - 1]
    }

    public func status(laws: LawBook) -> StatusName { standing(laws: laws).status }
}
