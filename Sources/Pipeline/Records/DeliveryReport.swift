public import ChannelSDK

/// The record on `delivery.report`: the only thing that changes a delivery.
public struct DeliveryReport: Sendable, Hashable {
    public enum Event: Sendable, Hashable {
        /// How an attempt to send ended.
        case outcome(attempt: Int, DeliveryOutcome)
        /// What the provider answered when asked about an attempt.
        case query(attempt: Int, DeliveryQueryAnswer)
        /// What a provider reported. `channel` is the instance it came in by; nil: the account itself reported.
        case report(channel: String?, StatusReport)
        /// The owner of the claim is gone; whether it sent is not known.
        case claimLost(attempt: Int, Errand)
        /// The owner gave the claim back without sending.
        case claimReleased(attempt: Int, Errand)
        /// Nothing was heard for the channel's `settle_after`.
        case settleDue
        /// An application takes back what is held for it by ``CancellationStore/holdForCancel(_:)``.
        case cancel
        /// An application takes back a notification that nobody could look at: the one delivery of it that is not sent
        /// yet, if `account` has it; nil: whoever has it.
        case cancelRequest(account: String?)
        case resolution(Resolution)
    }

    /// What an operator decides about a delivery that is held.
    public enum Resolution: UInt8, Sendable, Hashable {
        case resend = 0
        case giveUp = 1
    }

    public let delivery: DeliveryID
    /// When the host learned of it.
    public let at: Timestamp
    public let event: Event

    public init(delivery: DeliveryID, at: Timestamp, event: Event) {
        self.delivery = delivery
        self.at = at
        self.event = event
    }

    /// Adds this record to a batch for `delivery.report`.
    public func append(to batch: inout RecordBatch) {
        batch.append(key: delivery.notification) { write(to: &$0) }
    }
}
