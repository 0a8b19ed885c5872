public import ChannelSDK

extension StatusGraph {
    /// The statuses of a WhatsApp message, in the order in which evidence wins, the same for every provider.
    ///
    /// `failed` and `delivered` can both be reported of one message, in either order, when the recipient has several
    /// devices: that it arrived on one of them outweighs that it did not on another.
    static let whatsApp = StatusGraph(
        version: 1,
        statuses: [
            .progress(.queued), .progress(.sent), .failure(.failed), .goal(.delivered), .goal(.read),
        ],
        transitions: .chain(.queued, .sent, .failed, .delivered, .read))
}

extension StatusName {
    /// The provider took it and will send it.
    public static let queued: StatusName = "queued"
    /// It is on its way within WhatsApp.
    public static let sent: StatusName = "sent"
    /// It could not be sent or delivered.
    public static let failed: StatusName = "failed"
    /// It is on a device of the recipient's.
    public static let delivered: StatusName = "delivered"
    /// The recipient saw it. Many never say so: recipients can turn read receipts off.
    public static let read: StatusName = "read"
}
