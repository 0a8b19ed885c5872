public import ChannelSDK

/// The laws of all configured channels, and the graphs that their deliveries were made under before.
public struct LawBook: Sendable {
    private let laws: [String: ChannelLaw]
    /// Shared by every edition of the book: what was once in force stays known.
    public let archive: GraphArchive

    public init(_ laws: [String: ChannelLaw], archive: GraphArchive = GraphArchive()) {
        self.laws = laws
        self.archive = archive
    }

    /// All statuses that deliveries of channels can have which are configured or have been.
    public var statuses: Set<StatusName> {
        let orders = laws.values.map(\.order) + archive.orders
        return orders.reduce(into: Set(StatusOrder.hostStatuses.map(\.name))) {
            $0.formUnion($1.statuses.map(\.name))
        }
    }

    /// All channels that are configured or have been.
    public var channels: Set<String> { Set(laws.keys).union(archive.channels) }

    /// What decides about a delivery: the graph of the version that it was made under, and the policy of today.
    ///
    /// - Parameter version: 0 is the one in force. A version that nobody knows is judged by the one in force, too.
    /// - Returns: nil for a channel that has never been configured. One that is not configured any more has its last
    ///   graph, and the default policy.
    public func law(of channel: String, version: Int) -> ChannelLaw? {
        let current = laws[channel]
        if let current, version == 0 || current.order.version == version { return current }
        guard let order = archive.order(of: channel, version: version) else { return current }
        return ChannelLaw(order: order, policy: current?.policy ?? DeliveryPolicy())
    }

    /// The graphs under which deliveries were made and that this process has not read yet: another replica can be ahead
    /// of it.
    func missingGraphs(of states: [NotificationState]) -> Set<GraphArchive.Key> {
        var missing: Set<GraphArchive.Key> = []
        for state in states {
            for delivery in state.deliveries where delivery.graphVersion != 0 {
                if laws[delivery.channel]?.order.version == delivery.graphVersion { continue }
                let key = GraphArchive.Key(channel: delivery.channel, version: delivery.graphVersion)
                if archive.lacks(key) { missing.insert(key) }
            }
        }
        return missing
    }
}
