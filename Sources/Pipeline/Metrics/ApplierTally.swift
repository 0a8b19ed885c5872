import ChannelSDK

/// What the records of a batch did, gathered while they are applied and counted once they are stored: one visit of the
/// metrics for all of them.
struct ApplierTally: Sendable {
    struct Share: Sendable {
        let channel: String
        var statuses: [(status: StatusName, count: Int)] = []
        /// From acceptance, or the scheduled time, to the end of the first attempt.
        var firstSubmissions: [Duration] = []
        /// When the webhooks came whose reports were applied.
        var reports: [Timestamp] = []
    }

    /// A batch names few channels, mostly one: a look along the list is cheaper than a hash.
    private(set) var shares: [Share] = []

    /// - Parameter state: as it was before `report` was applied.
    mutating func note(_ report: DeliveryReport, before state: NotificationState) {
        let ordinal = Int(report.delivery.ordinal)
        guard ordinal >= 1, ordinal <= state.deliveries.count else { return }
        switch report.event {
        case .outcome(1, let outcome) where ordinal == 1 && !outcome.isOptOut:
            let delivery = state.deliveries[0]
            guard delivery.attempts == 0 else { return }
            let scheduled = delivery.waiting?.reason == .scheduled ? delivery.waiting?.until : nil
            shares[place(of: delivery.channel)].firstSubmissions.append(
                max(.zero, report.at.since(max(delivery.createdAt, scheduled ?? .distantPast))))
        case .report(.some, _):
            shares[place(of: state.deliveries[ordinal - 1].channel)].reports.append(report.at)
        default: break
        }
    }

    mutating func note(_ changes: some Sequence<StatusChange>) {
        for change in changes {
            let place = place(of: change.channel)
            let status = change.change.status
            if let index = shares[place].statuses.firstIndex(where: { $0.status == status }) {
                shares[place].statuses[index].count += 1
            } else {
                shares[place].statuses.append((status, 1))
            }
        }
    }

    private mutating func place(of channel: String) -> Int {
        if let index = shares.firstIndex(where: { $0.channel == channel }) { return index }
        shares.append(Share(channel: channel))
        return shares.count - 1
    }
}

extension DeliveryOutcome {
    /// Not sent: its end is no submission.
    fileprivate var isOptOut: Bool {
        if case .rejected(let failure) = self { failure.kind == .optedOut } else { false }
    }
}
