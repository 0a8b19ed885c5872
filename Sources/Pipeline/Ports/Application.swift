public import ChannelSDK

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
