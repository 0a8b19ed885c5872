public import ChannelSDK

public protocol ListingStore: Sendable {
    /// An account's notifications, the newest first, by when they were accepted.
    ///
    /// Looks at no more than ``ListingQuery/scanLimit`` of them, so that a filter that fits few costs no more than one
    /// that fits all: then it may find fewer than asked for, or none, and says where to go on.
    func list(_ query: ListingQuery) async throws(StoreError) -> ListingPage
}

public struct ListingQuery: Sendable, Hashable {
    public var account: String
    /// Not accepted before this moment.
    public var from: Timestamp?
    /// Accepted before this moment.
    public var until: Timestamp?
    /// Only what comes behind this place.
    public var after: ListingPlace?
    public var limit: Int
    public var scanLimit: Int
    /// Empty: any. Of a notification that has several deliveries one must fit; which of them stands for the
    /// notification is the law's to say, not the store's.
    public var statuses: [StatusName] = []
    public var settlements: [Settlement] = []
    /// One of the deliveries must be for this channel. Nil: any but a callback's, which nobody asked for by a request.
    public var channel: String?
    /// Texts that a payload that is wanted has in it. What has them may still be another.
    public var texts: [String] = []

    public init(account: String, after: ListingPlace? = nil, limit: Int, scanLimit: Int) {
        self.account = account
        self.after = after
        self.limit = limit
        self.scanLimit = scanLimit
    }

    /// Everything in the list is before this place.
    public var end: ListingPlace {
        let until = ListingPlace(acceptedAt: until ?? Timestamp(milliseconds: .max), row: .min)
        guard let after else { return until }
        return (after.acceptedAt, after.row) < (until.acceptedAt, until.row) ? after : until
    }
}

/// A notification's place in its account's list.
public struct ListingPlace: Sendable, Hashable {
    public let acceptedAt: Timestamp
    /// The store's own handle.
    public let row: Int64

    public init(acceptedAt: Timestamp, row: Int64) {
        self.acceptedAt = acceptedAt
        self.row = row
    }
}

public struct ListingPage: Sendable {
    public struct Item: Sendable {
        public let state: NotificationState
        public let acceptedAt: Timestamp
        public let payload: AcceptedNotification.Payload

        public init(state: NotificationState, acceptedAt: Timestamp, payload: AcceptedNotification.Payload) {
            self.state = state
            self.acceptedAt = acceptedAt
            self.payload = payload
        }

        public var place: ListingPlace { ListingPlace(acceptedAt: acceptedAt, row: state.row) }
    }

    public let items: [Item]
    /// The last that was looked at, where there may be more behind it; nil: that was all.
    public let next: ListingPlace?

    public init(items: [Item], next: ListingPlace?) {
        self.items = items
        self.next = next
    }
}
