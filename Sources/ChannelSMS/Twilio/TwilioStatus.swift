import ChannelSDK

/// Every word that Twilio has for the state of a message.
enum TwilioStatus: String, CaseIterable {
    case accepted, scheduled, queued, sending, sent, failed, delivered, undelivered, read, canceled
    case partiallyDelivered = "partially_delivered"
    case receiving, received

    init?(_ word: String) { self.init(rawValue: word) }

    /// Of a message to us, not of one of ours.
    var isInbound: Bool { self == .receiving || self == .received }

    /// The status of our graph that the word gives evidence of; nil for messages to us.
    var evidence: StatusName? {
        switch self {
        // Twilio holds it: waiting for its time, for a sender, or on its way out.
        case .accepted, .scheduled, .queued, .sending: .queued
        // Some of it arrived, which is less than delivered: it is under way.
        case .sent, .partiallyDelivered: .sent
        // Withdrawn at Twilio: it gave up sending it.
        case .failed, .canceled: .failed
        case .undelivered: .undelivered
        // Who reads it has it.
        case .delivered, .read: .delivered
        case .receiving, .received: nil
        }
    }
}
