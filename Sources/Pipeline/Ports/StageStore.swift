/// The stages that own partitions. Those that write to the store have an epoch for each.
public enum Stage: String, Sendable, Hashable, CaseIterable {
    case projector, correlator, applier
    /// Reads the public changes, after everybody else, and makes notifications of them.
    case callbacks
}

/// Proof of ownership, required by every write of a stage.
public struct Fence: Sendable, Hashable {
    public let stage: Stage
    public let partition: Int
    public let epoch: Int64

    public init(stage: Stage, partition: Int, epoch: Int64) {
        self.stage = stage
        self.partition = partition
        self.epoch = epoch
    }
}

public struct StageProgress: Sendable, Hashable {
    public let fence: Fence
    /// Records below this offset have been stored.
    public let nextOffset: Int64

    public init(fence: Fence, nextOffset: Int64) {
        self.fence = fence
        self.nextOffset = nextOffset
    }
}

public protocol StageStore: Sendable {
    /// Raises the partition's epoch, so that every earlier owner is refused from now on.
    func beginEpoch(_ stage: Stage, partition: Int) async throws(StoreError) -> StageProgress

    /// True while nobody has begun a later epoch.
    func isCurrent(_ fence: Fence) async throws(StoreError) -> Bool
}
