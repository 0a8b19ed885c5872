import ChannelSDK

/// Who wants to be called back about which changes.
public struct CallbackSubscription: Sendable, Hashable {
    public let name: String
    /// Empty: all. The same of those that follow.
    public var accounts: Set<String> = []
    public var channels: Set<String> = []
    public var statuses: Set<String> = []
    /// Only changes after which no more is to be expected.
    public var settledOnly = false
    /// An event that is older is not sent any more.
    public var giveUpAfter: Duration

    public init(name: String, giveUpAfter: Duration = .seconds(72 * 3600)) {
        self.name = name
        self.giveUpAfter = giveUpAfter
    }

    /// The channel instance that carries the events.
    public var channel: String { CallbackChannel.name(name) }

    func wants(_ change: PublishedChange) -> Bool {
        (accounts.isEmpty || accounts.contains(change.account))
            && (channels.isEmpty || channels.contains(change.channel))
            && (statuses.isEmpty || statuses.contains(change.status))
            && (!settledOnly || change.settlement != Settlement.open.rawValue)
    }
}

/// What subscriptions choose by, of a change as it was published.
struct PublishedChange: Decodable {
    let account: String
    let channel: String
    let status: String
    let settlement: String
}

extension NotificationID {
    /// Of the notification that brings an event to a subscription: the same however often the event is read. Three texts,
    /// the last of which is fixed: never that of an `externalId` or of an `Idempotency-Key`.
    init(callbackOf subscription: String, about event: String) {
        var input: [UInt8] = []
        input.write(subscription)
        input.write(event)
        input.write("callback")
        self.init(hashing: input)
    }
}
