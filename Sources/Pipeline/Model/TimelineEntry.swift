public import ChannelSDK

/// Where a record stands in the log.
public struct LogPosition: Sendable, Hashable, Comparable {
    public let partition: Int
    public let offset: Int64

    public init(partition: Int, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.partition, left.offset) < (right.partition, right.offset)
    }
}

/// What one record on `delivery.report` did to one delivery. Entries are only ever added; (delivery, source) names one.
public struct TimelineEntry: Sendable, Hashable {
    public enum Kind: String, Sendable, Hashable {
        case outcome, report, engagement, timer, claimLost = "claim_lost", claimReleased = "claim_released"
        case cancel, resolution, query, started
    }

    /// A change that consumers hear of: enough to publish it again, unchanged.
    public struct Change: Sendable, Hashable {
        /// Counts the notification's changes from 1, without a gap.
        public let sequence: Int
        public let previous: StatusName?
        public let status: StatusName
        public let settlement: Settlement
        /// The status of the whole notification after the change.
        public let notificationStatus: StatusName
        /// True: the evidence comes after the delivery had been given up, for it stood at a failure or was closed.
        public let isLate: Bool
        /// In how many segments the message goes, as far as that was known then.
        public let segments: Int?

        public init(
            sequence: Int, previous: StatusName?, status: StatusName, settlement: Settlement,
            notificationStatus: StatusName, isLate: Bool = false, segments: Int? = nil
        ) {
            self.sequence = sequence
            self.previous = previous
            self.status = status
            self.settlement = settlement
            self.notificationStatus = notificationStatus
            self.isLate = isLate
            self.segments = segments
        }
    }

    public let delivery: DeliveryID
    /// The store's handle of the notification.
    public let row: Int64
    /// The record on `delivery.report`.
    public let source: LogPosition
    public let kind: Kind
    /// When the host learned of it.
    public let at: Timestamp
    /// The status or word reported, whether or not it took effect.
    public var reported: String?
    public var detail: StatusDetail
    /// Nil: nothing that consumers hear of.
    public var change: Change?
    /// Why a report took no effect, e.g. `repeat`, `outranked by delivered`; nil when it did.
    public var withoutEffect: String?
    /// The provider's id of the event reported. Of a delivery's entries without a change that name one event, only the
    /// first is kept, and none beside an entry with a change: an event that is reported again says nothing new.
    public var eventID: String?

    public init(
        delivery: DeliveryID, row: Int64, source: LogPosition, kind: Kind, at: Timestamp, reported: String? = nil,
        detail: StatusDetail = StatusDetail(), change: Change? = nil, withoutEffect: String? = nil
    ) {
        self.delivery = delivery
        self.row = row
        self.source = source
        self.kind = kind
        self.at = at
        self.reported = reported
        self.detail = detail
        self.change = change
        self.withoutEffect = withoutEffect
    }
}
