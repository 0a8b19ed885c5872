public import ChannelSDK

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
    /// When it fell due.
    public let due: Timestamp
    public let expiresAt: Timestamp?
    public let payload: AcceptedNotification.Payload

    public init(
        delivery: DeliveryID, channel: String, account: String, urgency: NotificationClass, errand: Errand,
        attempt: Int, due: Timestamp, expiresAt: Timestamp?, payload: AcceptedNotification.Payload
    ) {
        self.delivery = delivery
        self.channel = channel
        self.account = account
        self.urgency = urgency
        self.errand = errand
        self.attempt = attempt
        self.due = due
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
