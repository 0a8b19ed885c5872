import ChannelSDK

/// What Vonage echoes in every delivery receipt of the SMS API: the delivery, and in how many segments we sent it.
///
/// There is one receipt for each segment, and it does not say how many there are. Written `UUID.N` for a message of one
/// segment, whose receipt is about the whole, else `UUID.N_SEGMENTS`.
struct VonageClientReference: Equatable {
    let delivery: DeliveryID
    let segments: Int

    init(delivery: DeliveryID, segments: Int) {
        self.delivery = delivery
        self.segments = max(1, segments)
    }

    /// Nil for what ``text`` would not write.
    init?(_ text: String) {
        let pieces = text.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
        guard let delivery = DeliveryID(pieces[0]) else { return nil }
        let segments = pieces.count == 2 ? Int(pieces[1]) ?? 0 : 1
        self.init(delivery: delivery, segments: segments)
        guard self.text == text else { return nil }
    }

    var text: String { segments > 1 ? "\(delivery)_\(segments)" : "\(delivery)" }
}
