import Pipeline

/// Which partitions one member of a group owns, what it has to be told, and what it has committed. No I/O.
struct GroupShares<Queue: Sendable>: Sendable {
    private struct Share {
        let queue: Queue
        var isHeld = false
    }

    private enum Notice: Equatable {
        case assigned(Int)
        case revoked(Int)
    }

    private var shares: [Int: Share] = [:]
    private var notices: [Notice] = []
    /// Told that they are revoked; the member still may commit them.
    private var releasing: Set<Int> = []
    /// Committed by the member, and not by the cluster yet.
    private(set) var unconfirmed: [Int: Int64] = [:]
    private var lastServed = -1

    /// True while the member has yet to give back a revoked partition.
    var isGivingBack: Bool {
        !releasing.isEmpty
            || notices.contains { if case .revoked = $0 { true } else { false } }
    }

    mutating func assign(_ queues: [Int: Queue]) {
        for (partition, queue) in queues.sorted(by: { $0.key < $1.key }) {
            shares[partition] = Share(queue: queue)
            unconfirmed[partition] = nil
            notices.append(.assigned(partition))
        }
    }

    mutating func revoke(_ partitions: [Int]) {
        for partition in partitions where shares[partition] != nil {
            if let index = notices.firstIndex(of: .assigned(partition)) {
                // The member has not heard of it, and need not.
                notices.remove(at: index)
                shares[partition] = nil
            } else {
                notices.append(.revoked(partition))
            }
        }
    }

    /// Takes the partitions away whether or not the member has come back.
    mutating func remove(_ partitions: [Int]) {
        for partition in partitions {
            shares[partition] = nil
            releasing.remove(partition)
            unconfirmed[partition] = nil
        }
    }

    /// The member has come back for more: it is done with what it was told to give back. True when there was any.
    mutating func comeBack() -> Bool {
        defer { releasing = [] }
        return !releasing.isEmpty
    }

    /// What the member has to hear before it is given records.
    mutating func nextNotice() -> SubscriptionEvent? {
        if case .assigned(let partition) = notices.first {
            notices.removeFirst()
            return .assigned(partition: partition)
        }
        // Together, so that the member can wait for all of them at a time.
        var revoked: [Int] = []
        while case .revoked(let partition) = notices.first {
            notices.removeFirst()
            revoked.append(partition)
        }
        releasing.formUnion(revoked)
        return revoked.isEmpty ? nil : .revoked(partitions: revoked)
    }

    /// The partitions to take records from, the one served last at the end.
    var turns: [(partition: Int, queue: Queue)] {
        shares.filter { !$0.value.isHeld && !releasing.contains($0.key) }
            .map { ($0.key, $0.value.queue) }
            .sorted { ($0.0 <= lastServed ? 1 : 0, $0.0) < ($1.0 <= lastServed ? 1 : 0, $1.0) }
    }

    mutating func served(_ partition: Int) { lastServed = partition }

    mutating func hold(_ partition: Int, _ isHeld: Bool) { shares[partition]?.isHeld = isHeld }

    /// False when the partition is not the member's.
    mutating func commit(_ partition: Int, _ offset: Int64) -> Bool {
        guard shares[partition] != nil else { return false }
        unconfirmed[partition] = max(offset, unconfirmed[partition] ?? 0)
        return true
    }

    /// The cluster has these by now.
    mutating func confirm(_ offsets: [Int: Int64]) {
        for (partition, offset) in offsets where unconfirmed[partition] == offset { unconfirmed[partition] = nil }
    }
}
