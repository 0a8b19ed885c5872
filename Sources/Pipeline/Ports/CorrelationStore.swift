public import ChannelSDK

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
