public import ChannelSDK

/// The public event `notification.status.change`: one effective change of one delivery.
public struct StatusChange: Sendable, Hashable {
    public let account: String
    public let notification: NotificationID
    public let externalID: String?
    public let delivery: DeliveryID
    public let channel: String
    public let change: TimelineEntry.Change
    public let at: Timestamp
    public let detail: StatusDetail

    init?(_ entry: TimelineEntry, of state: NotificationState) {
        guard let change = entry.change, Int(entry.delivery.ordinal) <= state.deliveries.count else { return nil }
        account = state.account
        notification = state.id
        externalID = state.externalID
        delivery = entry.delivery
        channel = state.deliveries[Int(entry.delivery.ordinal) - 1].channel
        self.change = change
        at = entry.at
        detail = entry.detail
    }

    /// A delivery comes to a status at most once, and closes at most once: that names the change.
    public var eventID: String {
        "\(delivery)/\(change.status)"
            + (change.settlement == .closed && change.previous == change.status ? "/closed" : "")
    }

    func append(to batch: inout RecordBatch) {
        let event = CloudEvent(
            id: eventID, type: .statusChange, subject: notification.description, time: at)
        event.append(to: &batch, key: notification) { data in
            data.member("notificationId", notification.description)
            data.member("externalId", externalID)
            data.member("account", account)
            data.member("deliveryId", delivery.description)
            data.member("channel", channel)
            data.member("sequence", change.sequence)
            data.member("previousStatus", change.previous?.rawValue)
            data.member("status", change.status.rawValue)
            data.member("settlement", change.settlement.rawValue)
            data.member("notificationStatus", change.notificationStatus.rawValue)
            if change.isLate { data.member("late", true) }
            if let segments = change.segments { data.member("segments", segments) }
            data.member("code", detail.code)
            data.member("message", detail.message)
            data.member("occurredAt", detail.occurredAt?.description)
            data.member("at", at.description)
        }
    }
}
