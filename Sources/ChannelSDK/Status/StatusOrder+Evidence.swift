/// What several reports come to: the same whatever the order in which they came.
extension StatusOrder {
    /// The one of two statuses that wins. A name that the graph does not have loses to every other.
    public func higher(of left: StatusName, _ right: StatusName) -> StatusName {
        (rank(of: left) ?? 0) >= (rank(of: right) ?? 0) ? left : right
    }

    /// The channel's own first status: what it is evidence of that a provider took a message.
    public var first: StatusGraph.Status { self[Rank(Self.hostStatuses.count)] }

    /// The status of a message in parts: of each part the highest report counts, and over the parts the lowest. Until the
    /// provider has said which parts there are, or as many have been reported on as there are, a part only proves that the
    /// message was taken: the lowest can fall no further then, whatever the order of arrival.
    /// - Parameters:
    ///   - parts: of each part that was reported on, the highest status.
    ///   - expected: the provider's names of all parts, where its answer gave them.
    ///   - count: of the parts, where it is known otherwise than by their names.
    public func status(
        ofParts parts: [String: StatusName], expected: [String], count: Int? = nil
    ) -> StatusName {
        guard !parts.isEmpty else { return .accepted }
        let first = Rank(Self.hostStatuses.count)
        var names = expected
        if names.isEmpty, let count, parts.count >= count { names = Array(parts.keys) }
        let lowest = names.map { parts[$0].flatMap(rank(of:)) ?? first }.min()
        return self[max(lowest ?? first, first)].name
    }
}
