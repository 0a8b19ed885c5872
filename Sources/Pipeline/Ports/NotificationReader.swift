public import ChannelSDK

public protocol NotificationReader: Sendable {
    func notification(_ id: NotificationID) async throws(StoreError) -> NotificationView?

    /// Those of `ids` that are projected, with what tells a repeat from a conflict.
    func projected(_ ids: [NotificationID]) async throws(StoreError) -> [NotificationID: ProjectedRequest]

    /// Counts for health, metrics and the operator.
    func counts() async throws(StoreError) -> StoreCounts
}

/// What two requests of one name have in common when the second only repeats the first.
public struct ProjectedRequest: Sendable, Hashable {
    public let payload: AcceptedNotification.Payload
    public let steps: [String]
    public let urgency: NotificationClass

    public init(payload: AcceptedNotification.Payload, steps: [String], urgency: NotificationClass) {
        self.payload = payload
        self.steps = steps
        self.urgency = urgency
    }

    public init(_ notification: AcceptedNotification) {
        self.init(payload: notification.payload, steps: notification.steps, urgency: notification.urgency)
    }
}

/// All that is known of a notification.
public struct NotificationView: Sendable {
    public let state: NotificationState
    public let acceptedAt: Timestamp
    public let payload: AcceptedNotification.Payload
    /// Of all deliveries, by `at`, then source.
    public let timeline: [TimelineEntry]
    /// Deliveries that somebody has claimed.
    public let claimed: [DeliveryID]

    public init(
        state: NotificationState, acceptedAt: Timestamp, payload: AcceptedNotification.Payload,
        timeline: [TimelineEntry], claimed: [DeliveryID]
    ) {
        self.state = state
        self.acceptedAt = acceptedAt
        self.payload = payload
        self.timeline = timeline
        self.claimed = claimed
    }
}

public struct StoreCounts: Sendable, Hashable {
    public var notifications: Int
    public var open: Int
    public var ready: Int
    public var claimed: Int
    public var parked: Int

    public init(notifications: Int, open: Int, ready: Int, claimed: Int, parked: Int) {
        self.notifications = notifications
        self.open = open
        self.ready = ready
        self.claimed = claimed
        self.parked = parked
    }
}
