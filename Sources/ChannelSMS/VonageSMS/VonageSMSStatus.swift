import ChannelSDK

/// Every word that delivery receipts of the SMS API have for the state of a message, but for `unknown`, which says
/// nothing.
enum VonageSMSStatus: String, CaseIterable {
    case accepted, buffered, delivered, expired, failed, rejected

    /// The status of our graph that the word gives evidence of.
    var evidence: StatusName {
        switch self {
        // A carrier holds it.
        case .accepted, .buffered: .sent
        case .delivered: .delivered
        // A carrier had it, and did not bring it to the handset, in time or at all.
        case .expired, .failed: .undelivered
        // No carrier took it.
        case .rejected: .failed
        }
    }

    /// What the word says beyond the status, for people: such a receipt may come without a code.
    var reason: String? { self == .expired ? "the validity period ran out at the carrier" : nil }
}
