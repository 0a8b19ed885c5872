public import ChannelSDK

extension StatusGraph {
    /// The statuses of a text message, in the order in which evidence wins, the same for every provider.
    ///
    /// `failed` says that the provider gave up, `undelivered` that a carrier or the handset refused: both can be
    /// reported before a late `delivered`, and `undelivered` knows more than `failed`, because the message got
    /// further. A receipt of delivery outweighs both.
    static let sms = StatusGraph(
        version: 1,
        statuses: [
            .progress(.queued), .progress(.sent), .failure(.failed), .failure(.undelivered), .goal(.delivered),
        ],
        transitions: .chain(.queued, .sent, .failed, .undelivered, .delivered))
}

extension StatusName {
    /// The provider holds it and will send it.
    public static let queued: StatusName = "queued"
    /// A carrier took it.
    public static let sent: StatusName = "sent"
    /// The provider could not send it, and will not.
    public static let failed: StatusName = "failed"
    /// A carrier took it, and reports that it did not reach the handset.
    public static let undelivered: StatusName = "undelivered"
    /// The carrier or the handset confirms that it arrived.
    public static let delivered: StatusName = "delivered"
}
