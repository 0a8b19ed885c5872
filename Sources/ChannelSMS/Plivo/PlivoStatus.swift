import ChannelSDK

/// Every word that Plivo has for the state of a message of ours.
enum PlivoStatus: String, CaseIterable {
    case queued, sent, failed, delivered, undelivered, rejected, read

    /// The status of our graph that the word gives evidence of.
    var evidence: StatusName {
        switch self {
        case .queued: .queued
        case .sent: .sent
        // Not handed to a carrier.
        case .failed, .rejected: .failed
        case .undelivered: .undelivered
        // Who reads it has it.
        case .delivered, .read: .delivered
        }
    }
}
