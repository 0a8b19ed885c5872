public import ChannelSDK

/// Cancels compete with claims: of the two the first in the store wins.
public protocol CancellationStore: Sendable {
    /// Takes the notification's newest delivery out of the dispatchers' reach, if it is `accepted`, nobody has claimed it
    /// and no attempt at it may have been taken (``DeliveryState/settleAt``): no claim can take it any more. Its status is the applier's to change: a ``DeliveryReport/Event/cancel`` must
    /// follow. Again for the same notification: the same answer, as long as nothing else has happened to it.
    func holdForCancel(_ id: NotificationID) async throws(StoreError) -> CancelHold

    /// Deliveries held for at least `age` whose cancel has not been applied, oldest first: whoever held them may be gone.
    func heldForCancel(atLeast age: Duration, limit: Int) async throws(StoreError) -> [DeliveryID]
}

public enum CancelHold: Sendable, Hashable {
    case held(DeliveryID)
    /// It is being sent, or the time for a cancel is over: nothing changed.
    case refused
    /// There is no such notification.
    case unknown
}

extension OwnerID {
    /// Holds what is about to be canceled: a claim with attempt 0, so that it is never taken for a sender's.
    public static let cancel = OwnerID("cancel")
}

extension Application.EndedClaim {
    /// The hold of ``CancellationStore/holdForCancel(_:)``.
    init(holdOf delivery: DeliveryID, row: Int64) { self.init(delivery: delivery, row: row, attempt: 0) }
}

/// A cancel that came before its notification was projected waits among the parked reports, under the notification's
/// id, and whoever projects that notification holds its first delivery at once (``CancelHold/held(_:)``).
extension CorrelationQuestion {
    /// Its place among what one record asks: reports are numbered from 0, on another topic.
    public static let cancelPlace = -1

    /// - Parameter account: whose notification it must be; nil: anybody's.
    public init(cancel id: NotificationID, account: String?, source: LogPosition, receivedAt: Timestamp) {
        self.init(
            key: .notification(id), source: source, index: Self.cancelPlace, receivedAt: receivedAt,
            channel: account ?? "", report: ParkedReport.cancel)
    }
}

extension ParkedReport {
    /// In the place of a report, none of which begins so.
    static let cancel: [UInt8] = [0xC0]

    public var isCancel: Bool { report == Self.cancel }

    /// True for the cancel of a notification of `account`.
    public func cancels(notificationOf account: String) -> Bool {
        isCancel && (channel.isEmpty || channel == account)
    }
}
