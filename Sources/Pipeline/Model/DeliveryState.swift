public import ChannelSDK

/// Whether more is to be expected of a delivery.
public enum Settlement: String, Sendable, Hashable {
    /// Under way.
    case open
    /// At a status that its channel calls settled.
    case settled
    /// No report came within the channel's `settle_after`. Later evidence still applies.
    case closed
}

/// Why a delivery does not move, and until when: an attribute beside its status, never a status.
public struct Waiting: Sendable, Hashable {
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        case scheduled, retrying, throttled, held, querying
        case noReport = "no_report_yet"
        case circuitOpen = "circuit_open"
        /// Its channel is being taken out of service, and sends nothing more.
        case channelRemoved = "channel_removed"
    }

    public let reason: Reason
    /// Nil: until somebody acts.
    public let until: Timestamp?

    public init(_ reason: Reason, until: Timestamp?) {
        self.reason = reason
        self.until = until
    }
}

/// What a delivery's status rests on. Of two details for one status the earlier in this order is kept, whichever came
/// first: known provider time before unknown, earlier before later, then by content.
public struct StatusDetail: Sendable, Hashable, Comparable {
    public var occurredAt: Timestamp?
    public var code: String?
    public var message: String?

    public init(occurredAt: Timestamp? = nil, code: String? = nil, message: String? = nil) {
        self.occurredAt = occurredAt
        self.code = code
        self.message = message
    }

    public static func < (left: Self, right: Self) -> Bool { left.sortKey < right.sortKey }

    private var sortKey: (Timestamp, String, String) {
        (occurredAt ?? .distantFuture, code ?? "\u{10FFFF}", message ?? "\u{10FFFF}")
    }
}

/// One delivery as the applier keeps it: only the applier writes it.
public struct DeliveryState: Sendable, Hashable {
    public let id: DeliveryID
    /// The channel instance.
    public let channel: String
    /// Its place in the notification's list of channels, from 0.
    public let step: Int
    /// The version of the status graph that judges it.
    public let graphVersion: Int
    public let createdAt: Timestamp
    public var status: StatusName
    public var detail: StatusDetail
    public var settlement: Settlement
    public var waiting: Waiting?
    /// Attempts that have ended, whatever their end.
    public var attempts: Int
    /// Those of them that count against the channel's limit.
    public var failures: Int
    public var providerMessageID: String?
    /// The parts of a message in parts, with the highest status reported of each.
    public var parts: [String: StatusName]
    /// The parts that the provider said there are, once it took the message.
    public var expectedParts: [String]
    /// In how many segments it goes, which is what carriers charge for; nil: not known, or without meaning.
    public var segments: Int?
    /// When it closes if nothing is heard; nil: it can't. While it is still ``StatusName/accepted``: until when the
    /// provider drops a repeat of an attempt that it may have taken.
    public var settleAt: Timestamp?
    /// True once it was canceled, or its time was over, whatever it turns out to be later: no resend and no further step of
    /// the route follows.
    public var endsRoute: Bool
    public var updatedAt: Timestamp
    /// The number of the last change published of it, in its notification's count; 0: none.
    public var sequence: Int

    public init(id: DeliveryID, channel: String, step: Int, graphVersion: Int, createdAt: Timestamp) {
        self.id = id
        self.channel = channel
        self.step = step
        self.graphVersion = graphVersion
        self.createdAt = createdAt
        status = .accepted
        detail = StatusDetail()
        settlement = .open
        attempts = 0
        failures = 0
        parts = [:]
        expectedParts = []
        endsRoute = false
        updatedAt = createdAt
        sequence = 0
    }
}

/// A notification and its deliveries, as the applier keeps them.
public struct NotificationState: Sendable, Hashable {
    public let id: NotificationID
    /// The store's own handle, opaque to the pipeline.
    public let row: Int64
    public let account: String
    public let externalID: String?
    public let urgency: NotificationClass
    public let steps: [String]
    /// By ordinal; never empty.
    public var deliveries: [DeliveryState]

    public init(
        id: NotificationID, row: Int64, account: String, externalID: String?, urgency: NotificationClass,
        steps: [String], deliveries: [DeliveryState]
    ) {
        self.id = id
        self.row = row
        self.account = account
        self.externalID = externalID
        self.urgency = urgency
        self.steps = steps
        self.deliveries = deliveries
    }

    /// The number of the last change published of any of its deliveries.
    public var sequence: Int { deliveries.reduce(0) { max($0, $1.sequence) } }
}
