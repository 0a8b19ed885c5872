public import ChannelSDK

/// The projection of the log: what is asked by key, and what waits. Every write is one transaction per batch.
///
/// Embedded: SQLite; at scale: PostgreSQL. The port is in parts, one for each stage that uses it.
public typealias NotificationStore = ProjectionStore & DispatchStore & ApplicationStore & CorrelationStore
    & OptOutStore & NotificationReader & RunStore & RetentionStore

public enum StoreError: Error, Sendable, Hashable {
    /// Not reachable or closing: try again later. The transaction may have been committed.
    case unavailable(String)
    /// Another owner has taken over the partition, or what the caller has at hand is there no longer: nothing was
    /// written. Whoever still owns the partition begins a new epoch and loads anew.
    case fenced
    /// A repeat would fail the same way: a bug, or a damaged file.
    case failed(String)
}

/// The stages that own partitions, each with an epoch of its own.
public enum Stage: String, Sendable, Hashable, CaseIterable {
    case projector, correlator, applier
}

/// Proof of ownership, required by every write of a stage.
public struct Fence: Sendable, Hashable {
    public let stage: Stage
    public let partition: Int
    public let epoch: Int64

    public init(stage: Stage, partition: Int, epoch: Int64) {
        self.stage = stage
        self.partition = partition
        self.epoch = epoch
    }
}

public struct StageProgress: Sendable, Hashable {
    public let fence: Fence
    /// Records below this offset have been stored.
    public let nextOffset: Int64

    public init(fence: Fence, nextOffset: Int64) {
        self.fence = fence
        self.nextOffset = nextOffset
    }
}

public protocol StageStore: Sendable {
    /// Raises the partition's epoch, so that every earlier owner is refused from now on.
    func beginEpoch(_ stage: Stage, partition: Int) async throws(StoreError) -> StageProgress

    /// True while nobody has begun a later epoch.
    func isCurrent(_ fence: Fence) async throws(StoreError) -> Bool
}

// MARK: - Projector

public protocol ProjectionStore: StageStore {
    /// Stores notifications with their first delivery, `claimed` or ready, and moves the partition's position.
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
        /// The id is there already, with the same payload and steps.
        case repeated
        /// The id is there already, with another payload or other steps: this one is not stored.
        case conflict
    }

    /// One for each row, in order. An id twice in one batch: the first is inserted.
    public let outcomes: [Outcome]
    /// Reports that waited for one of the inserted notifications.
    public let released: [ParkedReport]

    public init(outcomes: [Outcome], released: [ParkedReport]) {
        self.outcomes = outcomes
        self.released = released
    }
}

// MARK: - Dispatcher

/// One run of one replica's dispatcher; never used again.
public struct OwnerID: Sendable, Hashable, CustomStringConvertible {
    public let text: String
    public init(_ text: String) { self.text = text }
    public var description: String { text }
}

public protocol DispatchStore: Sendable {
    /// Which accounts have something due on `channel`: for each class at most `limit` of them, in the order of their
    /// names, beginning behind `after` and going on from the first name, so that turns can go round all of them.
    func readyShares(
        of channel: String, at now: Timestamp, after: String?, limit: Int
    ) async throws(StoreError) -> [ReadyShare]

    /// Takes due deliveries, oldest due first within each pick, for `owner`. No other claim can take them.
    func claim(_ order: ClaimOrder) async throws(StoreError) -> [ClaimedDelivery]

    /// When the channel's next delivery falls due; nil: nothing waits.
    func nextDue(of channel: String) async throws(StoreError) -> Timestamp?

    /// Declares `owner` alive for `duration` more, by the store's clock.
    func renewLease(of owner: OwnerID, for duration: Duration) async throws(StoreError)

    /// Claims whose owner's lease has run out (or who never had one), oldest first.
    func abandonedClaims(limit: Int) async throws(StoreError) -> [Claim]

    /// The claims of `owner`, oldest first. Those that its dispatchers know nothing of come from a claim or projection
    /// that was committed though its answer was lost: nobody sends them.
    func claims(of owner: OwnerID, limit: Int) async throws(StoreError) -> [Claim]
}

public struct ReadyShare: Sendable, Hashable {
    public let urgency: NotificationClass
    public let account: String

    public init(urgency: NotificationClass, account: String) {
        self.urgency = urgency
        self.account = account
    }
}

public struct ClaimOrder: Sendable, Hashable {
    public struct Pick: Sendable, Hashable {
        public let share: ReadyShare
        public let count: Int

        public init(share: ReadyShare, count: Int) {
            self.share = share
            self.count = count
        }
    }

    public let channel: String
    public let owner: OwnerID
    public let now: Timestamp
    public let picks: [Pick]

    public init(channel: String, owner: OwnerID, now: Timestamp, picks: [Pick]) {
        self.channel = channel
        self.owner = owner
        self.now = now
        self.picks = picks
    }
}

/// What a ready delivery is to be taken for.
public enum Errand: UInt8, Sendable, Hashable {
    case send = 0
    /// Ask the provider whether it took the last attempt.
    case query = 1
}

public struct ClaimedDelivery: Sendable, Hashable {
    public let delivery: DeliveryID
    public let channel: String
    public let account: String
    public let urgency: NotificationClass
    public let errand: Errand
    /// The number of the attempt that this claim is for (of a query: the attempt asked about).
    public let attempt: Int
    public let expiresAt: Timestamp?
    public let payload: AcceptedNotification.Payload

    public init(
        delivery: DeliveryID, channel: String, account: String, urgency: NotificationClass, errand: Errand,
        attempt: Int, expiresAt: Timestamp?, payload: AcceptedNotification.Payload
    ) {
        self.delivery = delivery
        self.channel = channel
        self.account = account
        self.urgency = urgency
        self.errand = errand
        self.attempt = attempt
        self.expiresAt = expiresAt
        self.payload = payload
    }
}

public struct Claim: Sendable, Hashable {
    public let delivery: DeliveryID
    public let attempt: Int
    public let errand: Errand
    public let owner: OwnerID

    public init(delivery: DeliveryID, attempt: Int, errand: Errand, owner: OwnerID) {
        self.delivery = delivery
        self.attempt = attempt
        self.errand = errand
        self.owner = owner
    }
}

// MARK: - Applier

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

/// What a batch of records on `delivery.report` did.
public struct Application: Sendable {
    public struct Update: Sendable {
        public let row: Int64
        public let delivery: DeliveryState
        /// What it was in the store before this batch, so that the store need not look; nil: it begins with the batch.
        public let before: Former?

        public init(row: Int64, delivery: DeliveryState, before: Former?) {
            self.row = row
            self.delivery = delivery
            self.before = before
        }

        public var isNew: Bool { before == nil }
    }

    /// What the store's counts and times depend on.
    public struct Former: Sendable, Hashable {
        public let isOpen: Bool
        /// Whether the store has a time for it at which it is to be closed.
        public let isSettling: Bool

        public init(_ delivery: DeliveryState) {
            isOpen = delivery.settlement == .open
            isSettling = isOpen && delivery.settleAt != nil
        }
    }

    public struct Ready: Sendable {
        public let row: Int64
        public let delivery: DeliveryID
        public let channel: String
        public let account: String
        public let urgency: NotificationClass
        public let errand: Errand
        public let attempt: Int
        public let due: Timestamp

        public init(
            row: Int64, delivery: DeliveryID, channel: String, account: String, urgency: NotificationClass,
            errand: Errand, attempt: Int, due: Timestamp
        ) {
            self.row = row
            self.delivery = delivery
            self.channel = channel
            self.account = account
            self.urgency = urgency
            self.errand = errand
            self.attempt = attempt
            self.due = due
        }
    }

    public struct Correlation: Sendable, Hashable {
        public let channel: String
        public let providerMessageID: String
        public let delivery: DeliveryID

        public init(channel: String, providerMessageID: String, delivery: DeliveryID) {
            self.channel = channel
            self.providerMessageID = providerMessageID
            self.delivery = delivery
        }
    }

    public struct EndedClaim: Sendable, Hashable {
        public let delivery: DeliveryID
        public let row: Int64
        public let attempt: Int

        public init(delivery: DeliveryID, row: Int64, attempt: Int) {
            self.delivery = delivery
            self.row = row
            self.attempt = attempt
        }
    }

    /// A delivery that must no longer be taken: its row in the ready index goes, if it is there.
    public struct Withdrawal: Sendable, Hashable {
        public let delivery: DeliveryID
        public let row: Int64

        public init(delivery: DeliveryID, row: Int64) {
            self.delivery = delivery
            self.row = row
        }
    }

    public let fence: Fence
    public let nextOffset: Int64
    /// Each delivery once, in its last state.
    public var updates: [Update] = []
    public var timeline: [TimelineEntry] = []
    /// Carried out in this order: claims end, withdrawals, then new ready rows.
    public var endedClaims: [EndedClaim] = []
    public var withdrawals: [Withdrawal] = []
    public var ready: [Ready] = []
    public var correlations: [Correlation] = []

    public init(fence: Fence, nextOffset: Int64) {
        self.fence = fence
        self.nextOffset = nextOffset
    }
}

// MARK: - Correlator

public protocol CorrelationStore: StageStore {
    /// For each question, in order: the delivery if it is known, else nil, and then the report waits under its key
    /// from this same transaction on, so that whoever learns the key later finds it.
    /// The same report from the same source waits only once.
    func correlate(_ questions: [CorrelationQuestion]) async throws(StoreError) -> [DeliveryID?]

    /// Reports that wait although their key is known by now (a crash came between), oldest first.
    func releasableReports(limit: Int) async throws(StoreError) -> [ParkedReport]

    /// Reports that have waited since before `moment`, oldest first.
    func expiredReports(before moment: Timestamp, limit: Int) async throws(StoreError) -> [ParkedReport]

    /// Ends the wait of reports whose records are durable elsewhere by now.
    func unpark(_ ids: [ParkedReport.ID]) async throws(StoreError)
}

/// How a report names its delivery when it does not carry the delivery's id.
public enum CorrelationKey: Sendable, Hashable {
    case providerMessage(channel: String, id: String)
    /// The newest delivery of a notification.
    case notification(NotificationID)
}

public struct CorrelationQuestion: Sendable, Hashable {
    public let key: CorrelationKey
    /// The record on `webhook.received`, and which of its reports this is.
    public let source: LogPosition
    public let index: Int
    public let receivedAt: Timestamp
    /// The channel instance the report came in by; empty for the host's own.
    public let channel: String
    /// The report, encoded as it will go into the record.
    public let report: [UInt8]

    public init(
        key: CorrelationKey, source: LogPosition, index: Int, receivedAt: Timestamp, channel: String, report: [UInt8]
    ) {
        self.key = key
        self.source = source
        self.index = index
        self.receivedAt = receivedAt
        self.channel = channel
        self.report = report
    }
}

/// A report that waited for its delivery to be known.
public struct ParkedReport: Sendable, Hashable, Identifiable {
    public let id: Int64
    public let key: CorrelationKey
    /// Nil while it is not known.
    public let delivery: DeliveryID?
    public let channel: String
    public let receivedAt: Timestamp
    public let report: [UInt8]

    public init(
        id: Int64, key: CorrelationKey, delivery: DeliveryID?, channel: String, receivedAt: Timestamp, report: [UInt8]
    ) {
        self.id = id
        self.key = key
        self.delivery = delivery
        self.channel = channel
        self.receivedAt = receivedAt
        self.report = report
    }
}

// MARK: - Readers

public protocol NotificationReader: Sendable {
    func notification(_ id: NotificationID) async throws(StoreError) -> NotificationView?

    /// Those of `ids` that are projected, with what tells a repeat from a conflict.
    func projected(_ ids: [NotificationID]) async throws(StoreError) -> [NotificationID: ProjectedRequest]

    /// Counts for health, metrics and the operator.
    func counts() async throws(StoreError) -> StoreCounts
}

public struct ProjectedRequest: Sendable, Hashable {
    public let payload: AcceptedNotification.Payload
    public let steps: [String]

    public init(payload: AcceptedNotification.Payload, steps: [String]) {
        self.payload = payload
        self.steps = steps
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

// MARK: - Retention

public protocol RetentionStore: Sendable {
    /// Looks at the next `limit` notifications behind `cursor`, nil: from the beginning, roughly in the order in which
    /// they were accepted, and removes those with which nothing can happen any more but late reports: accepted before
    /// `moment`, every delivery settled or closed and not changed since, none of them ready or claimed, no report about
    /// to be released to them. They go whole, with deliveries, timeline and correlations, in one short transaction.
    ///
    /// Several callers may be at it at once; none waits for another, nor for the stages. What one of them has under way
    /// is passed over, until the next time round.
    func removeSettled(
        before moment: Timestamp, after cursor: RetentionCursor?, limit: Int
    ) async throws(StoreError) -> RetentionStep
}

/// How far a walk through the notifications has come.
public struct RetentionCursor: Sendable, Hashable {
    /// The store's own, opaque to the pipeline.
    public let position: Int64

    public init(_ position: Int64) { self.position = position }
}

public struct RetentionStep: Sendable, Hashable {
    public let removed: Int
    /// Where to go on; nil: what is left is younger.
    public let next: RetentionCursor?

    public init(removed: Int, next: RetentionCursor?) {
        self.removed = removed
        self.next = next
    }
}

// MARK: - Runs

/// Remembers how runs ended and which record a run was at, so that a record that kills runs is found.
public protocol RunStore: Sendable {
    /// Notes that a run begins. True when the one before it ended cleanly (or there was none).
    func beginRun() async throws(StoreError) -> Bool
    /// Notes a clean end.
    func endRun() async throws(StoreError)
    /// Notes, durably, that this run is about to process one record; returns how many runs have been at it, this one
    /// included.
    func beginRecord(_ stage: Stage, at position: LogPosition) async throws(StoreError) -> Int
}
