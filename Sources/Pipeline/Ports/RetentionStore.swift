public import ChannelSDK

public protocol RetentionStore: Sendable {
    /// Looks at the next `limit` notifications behind `cursor`, nil: from the beginning, roughly in the order in which
    /// they were accepted, and removes those with which nothing can happen any more but late reports: accepted before
    /// `moment`, every delivery settled or closed and not changed since, none of them ready or claimed, no report about
    /// to be released to them. They go whole, with deliveries, timeline and correlations, in one short transaction.
    ///
    /// Several callers may be at it at once; none waits for another, nor for the stages. What one of them has under way
    /// is passed over, until the next time round.
    func removeSettled(
        before moment: Timestamp, after cursor: RetentionCursor?, limit: Int
    ) async throws(StoreError) -> RetentionStep
}

/// How far a walk through the notifications has come.
public struct RetentionCursor: Sendable, Hashable {
    /// The store's own, opaque to the pipeline.
    public let position: Int64

    public init(_ position: Int64) { self.position = position }
}

public struct RetentionStep: Sendable, Hashable {
    public let removed: Int
    /// Where to go on; nil: what is left is younger.
    public let next: RetentionCursor?

    public init(removed: Int, next: RetentionCursor?) {
        self.removed = removed
        self.next = next
    }
}
