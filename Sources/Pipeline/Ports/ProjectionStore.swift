public protocol ProjectionStore: StageStore {
    /// Stores notifications with their first delivery, `claimed` or ready, and waiting as ``AcceptedNotification/waiting``
    /// says, and moves the partition's position.
    /// - Throws: ``StoreError/fenced`` unless the fence's epoch is the partition's.
    func project(_ projection: Projection) async throws(StoreError) -> ProjectionReceipt

    /// By partition: records below this offset are projected. Nothing was projected of partitions that lack.
    func projectedOffsets() async throws(StoreError) -> [Int: Int64]
}

extension ProjectionStore {
    public func projectedOffset(partition: Int) async throws(StoreError) -> Int64 {
        try await projectedOffsets()[partition] ?? 0
    }
}

public struct Projection: Sendable {
    public struct Row: Sendable {
        public let notification: AcceptedNotification
        public let graphVersion: Int
        /// True: claimed by ``Projection/owner`` for attempt 1 at once. False: ready, due at `notBefore` or now.
        public let isClaimed: Bool

        public init(notification: AcceptedNotification, graphVersion: Int, isClaimed: Bool) {
            self.notification = notification
            self.graphVersion = graphVersion
            self.isClaimed = isClaimed
        }
    }

    public let fence: Fence
    public let nextOffset: Int64
    public let owner: OwnerID
    public let rows: [Row]

    public init(fence: Fence, nextOffset: Int64, owner: OwnerID, rows: [Row]) {
        self.fence = fence
        self.nextOffset = nextOffset
        self.owner = owner
        self.rows = rows
    }
}

public struct ProjectionReceipt: Sendable {
    public enum Outcome: Sendable, Hashable {
        case inserted
        /// The id is there already, with the same payload, steps and class.
        case repeated
        /// The id is there already, with another payload, other steps or another class: this one is not stored.
        case conflict
    }

    /// One for each row, in order. An id twice in one batch: the first is inserted.
    public let outcomes: [Outcome]
    /// Reports that waited for one of the inserted notifications. Where a cancel of it is among them
    /// (``ParkedReport/cancels(notificationOf:)``), its delivery is neither claimed nor ready, but held for it.
    public let released: [ParkedReport]

    public init(outcomes: [Outcome], released: [ParkedReport]) {
        self.outcomes = outcomes
        self.released = released
    }
}
