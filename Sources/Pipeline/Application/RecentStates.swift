import ChannelSDK

/// The states that the applier has at hand: being the only writer, it may trust its own copies while it owns the
/// partition. Bounded: when the younger half is full the older half is forgotten.
struct RecentStates: Sendable {
    private let halfCapacity: Int
    private var young: [NotificationID: NotificationState] = [:]
    private var old: [NotificationID: NotificationState] = [:]

    init(capacity: Int) { halfCapacity = max(1, capacity / 2) }

    subscript(id: NotificationID) -> NotificationState? { young[id] ?? old[id] }

    mutating func remember(_ state: NotificationState) {
        young[state.id] = state
        guard young.count >= halfCapacity else { return }
        old = young
        young = [:]
    }
}
