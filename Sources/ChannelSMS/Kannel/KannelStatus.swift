import ChannelSDK

/// The kinds of Kannel's reports that are asked for, by their numbers. A delivery often comes before the SMSC's word that
/// it took the message.
enum KannelStatus: Int, CaseIterable {
    case delivered = 1
    case failed = 2
    case buffered = 4
    case taken = 8
    case refused = 16

    /// The status of our graph that the report gives evidence of.
    var evidence: StatusName {
        switch self {
        case .delivered: .delivered
        case .failed: .undelivered
        // Waiting in a queue, Kannel's or the SMSC's.
        case .buffered: .queued
        case .taken: .sent
        case .refused: .failed
        }
    }
}
