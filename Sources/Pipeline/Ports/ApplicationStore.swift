public import ChannelSDK

public protocol ApplicationStore: StageStore {
    /// The notifications of `ids` that are there, in any order.
    func load(_ ids: [NotificationID]) async throws(StoreError) -> [NotificationState]

    /// Stores what a batch of records did, all or nothing, and moves the partition's position.
    /// - Throws: ``StoreError/fenced`` unless the fence's epoch is the partition's, and when a delivery to update that is
    ///   not new has been removed (see ``RetentionStore``).
    func apply(_ application: Application) async throws(StoreError) -> [ParkedReport]

    /// The timeline entries, with a change, whose source is one of `offsets` of `partition`, for the given deliveries'
    /// notifications: what to publish again after a crash. Ordered by source, then sequence.
    func changes(
        of ids: [NotificationID], partition: Int, offsets: Range<Int64>
    ) async throws(StoreError) -> [(notification: NotificationState, entry: TimelineEntry)]

    /// Open deliveries whose `settleAt` is not later than `now`, earliest first.
    func dueSettlements(at now: Timestamp, limit: Int) async throws(StoreError) -> [DeliveryID]
}
