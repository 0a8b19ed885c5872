import ChannelSDK

/// What the records of one batch do, gathered record by record and folded per delivery.
struct ApplicationDraft: Sendable {
    private(set) var timeline: [TimelineEntry] = []
    private(set) var endedClaims: [Application.EndedClaim] = []
    private(set) var correlations: [Application.Correlation] = []
    private var changed: [DeliveryID: (before: Application.Former?, row: Int64)] = [:]
    private var ready: [DeliveryID: Application.Ready] = [:]
    private var withdrawn: [DeliveryID: Int64] = [:]
    private var events: Set<Event> = []

    /// What a provider reported, by its own id.
    private struct Event: Hashable {
        let delivery: DeliveryID
        let id: String
    }

    /// The store leaves out what repeats an event of an earlier batch.
    mutating func note(_ entry: TimelineEntry) {
        if let id = entry.eventID {
            let isFirst = events.insert(Event(delivery: entry.delivery, id: id)).inserted
            guard isFirst || entry.change != nil else { return }
        }
        timeline.append(entry)
    }

    /// To be called before the first change of the delivery in this batch.
    mutating func touch(_ delivery: DeliveryState, row: Int64) {
        if changed[delivery.id] == nil { changed[delivery.id] = (Application.Former(delivery), row) }
    }

    /// The delivery begins with this batch.
    mutating func begin(_ id: DeliveryID, row: Int64) { changed[id] = (nil, row) }

    mutating func endClaim(_ claim: Application.EndedClaim) { endedClaims.append(claim) }

    mutating func correlate(_ correlation: Application.Correlation) { correlations.append(correlation) }

    mutating func makeReady(_ entry: Application.Ready) { ready[entry.delivery] = entry }

    /// The delivery must not be taken any more: neither a row from before nor one of this batch stays.
    mutating func withdraw(_ id: DeliveryID, row: Int64) {
        ready[id] = nil
        withdrawn[id] = row
    }

    var isEmpty: Bool { timeline.isEmpty }

    /// When each channel's next new ready row falls due.
    var wakes: [String: Timestamp] {
        ready.values.reduce(into: [:]) { wakes, entry in
            wakes[entry.channel] = min(wakes[entry.channel] ?? .distantFuture, entry.due)
        }
    }

    func application(
        fence: Fence, nextOffset: Int64, states: [NotificationID: NotificationState]
    ) -> Application {
        var application = Application(fence: fence, nextOffset: nextOffset)
        application.updates = changed.compactMap { id, change in
            guard let state = states[id.notification], id.ordinal <= state.deliveries.count else { return nil }
            return Application.Update(
                row: change.row, delivery: state.deliveries[Int(id.ordinal) - 1], before: change.before)
        }
        application.timeline = timeline
        application.endedClaims = endedClaims
        application.withdrawals = withdrawn.map { Application.Withdrawal(delivery: $0.key, row: $0.value) }
        application.ready = Array(ready.values)
        application.correlations = correlations
        return application
    }
}
