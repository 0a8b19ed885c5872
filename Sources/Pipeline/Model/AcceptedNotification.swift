public import ChannelSDK

/// A notification as it enters the log: checked, identified, its channels chosen.
public struct AcceptedNotification: Sendable, Hashable {
    public var id: NotificationID
    /// Whose it is.
    public var account: String
    /// The application's own id, unique within the account.
    public var externalID: String?
    public var urgency: NotificationClass
    /// The names of the channel instances to try, in order; at least one.
    public var steps: [String]
    public var acceptedAt: Timestamp
    /// Not to be sent earlier than this.
    public var notBefore: Timestamp?
    /// Not to be sent at this moment, nor later.
    public var expiresAt: Timestamp?
    /// W3C `traceparent`, carried to the log's consumers.
    public var traceParent: String?
    public var payload: Payload

    /// With what surrounds the payload, a log takes the record.
    public static let mostPayloadBytes = RecordBatch.mostValueBytes - 64 << 10

    public init(
        id: NotificationID, account: String, externalID: String?, urgency: NotificationClass, steps: [String],
        acceptedAt: Timestamp, notBefore: Timestamp? = nil, expiresAt: Timestamp? = nil, traceParent: String? = nil,
        payload: Payload
    ) {
        self.id = id
        self.account = account
        self.externalID = externalID
        self.urgency = urgency
        self.steps = steps
        self.acceptedAt = acceptedAt
        self.notBefore = notBefore
        self.expiresAt = expiresAt
        self.traceParent = traceParent
        self.payload = payload
    }

    /// What its first delivery waits for, when it comes into the store.
    public var waiting: Waiting? {
        notBefore.flatMap { $0 > acceptedAt ? Waiting(.scheduled, until: $0) : nil }
    }

    /// What the application wants to be told, in the one encoding that log and store carry. Two are equal when the
    /// requests were: so a repeat is told from a conflict.
    public struct Payload: Sendable, Hashable {
        public let bytes: [UInt8]

        public init(bytes: [UInt8]) { self.bytes = bytes }
    }
}
