import ChannelSDK

/// Every word that the Messages API has for the state of a message.
enum VonageMessagesStatus: String, CaseIterable {
    case submitted, delivered, read, rejected, undeliverable

    /// The status of our graph that the word gives evidence of.
    var evidence: StatusName {
        switch self {
        // For a text message: Vonage's SMS gateways took it, a carrier perhaps not yet.
        case .submitted: .queued
        // Who reads it has it.
        case .delivered, .read: .delivered
        // Refused by Vonage or a carrier, expired or failed there: the word does not tell how far the message got.
        case .rejected, .undeliverable: .failed
        }
    }
}
