import ChannelSDK

/// Every word that Twilio has for the state of a message.
enum TwilioStatus: String, CaseIterable {
    case accepted, scheduled, queued, sending, sent, failed, delivered, undelivered, read, canceled
    case partiallyDelivered = "partially_delivered"
    case receiving, received

    /// Of a message to us, not of one of ours.
    var isInbound: Bool { self == .receiving || self == .received }

    /// The status of our graph that the word gives evidence of; nil for messages to us.
    var evidence: StatusName? {
        switch self {
        // Twilio holds it: waiting for its time, for a sender, or on its way out.
        case .accepted, .scheduled, .queued, .sending: .queued
        // Some of it arrived, which is less than delivered: it is under way.
        case .sent, .partiallyDelivered: .sent
        // Given up by Twilio, by WhatsApp, or withdrawn: for the recipient it is the same.
        case .failed, .undelivered, .canceled: .failed
        case .delivered: .delivered
        case .read: .read
        case .receiving, .received: nil
        }
    }
}
