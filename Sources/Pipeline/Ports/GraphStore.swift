public import ChannelSDK

/// Which status graphs deliveries were made under, so that each is judged by its own for as long as it is kept.
public protocol GraphStore: Sendable {
    /// All that were ever kept, in the order of channel and version.
    func graphs() async throws(StoreError) -> [StoredGraph]

    /// Keeps those whose channel and version are not there yet; what is there is never changed.
    func keep(_ graphs: [StoredGraph]) async throws(StoreError)
}

/// The graph that a channel instance had under one version.
public struct StoredGraph: Sendable, Hashable {
    public let channel: String
    /// The module that the channel was of.
    public let module: String
    public let order: StatusOrder

    public init(channel: String, module: String, order: StatusOrder) {
        self.channel = channel
        self.module = module
        self.order = order
    }

    /// - Parameter text: as ``text`` gives it.
    /// - Returns: nil for what is no such text.
    public init?(channel: String, module: String, version: Int, text: String) {
        let lines = text.split(separator: "\n")
        let statuses = lines.compactMap { line -> StatusGraph.Status? in
            let words = line.split(separator: " ")
            guard words.count == 3, let meaning = StatusGraph.Meaning(rawValue: String(words[1])) else { return nil }
            return StatusGraph.Status(
                StatusName(rawValue: String(words[0])), meaning: meaning, isSettled: words[2] == "settled")
        }
        let steps = zip(statuses, statuses.dropFirst()).map { StatusGraph.Transition($0.name, $1.name) }
        let graph = StatusGraph(version: version, statuses: statuses, transitions: steps)
        guard statuses.count == lines.count, let order = try? StatusOrder(checking: graph) else { return nil }
        self.init(channel: channel, module: module, order: order)
    }

    /// The channel's own statuses from the lowest to the highest, a line each. It is all that judges: which transitions
    /// make the order does not matter.
    public var text: String {
        order.statuses.dropFirst(StatusOrder.hostStatuses.count).map { status in
            "\(status.name) \(status.meaning.rawValue) \(status.isSettled ? "settled" : "open")"
        }.joined(separator: "\n")
    }

    /// True when deliveries would be judged alike.
    public func judgesLike(_ other: StoredGraph) -> Bool { order.statuses == other.order.statuses }
}
