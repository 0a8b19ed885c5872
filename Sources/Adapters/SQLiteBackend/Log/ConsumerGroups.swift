import Pipeline
import Synchronization

/// The groups of this process: who owns which partition, and how far each group is.
final class ConsumerGroups: Sendable {
    struct GroupKey: Sendable, Hashable {
        let topic: Topic
        let name: String
    }

    struct OffsetKey: Sendable, Hashable {
        let group: GroupKey
        let partition: Int
    }

    private struct State {
        var groups: [GroupKey: ConsumerGroup] = [:]
        /// Committed, and not in the file yet.
        var dirty: [OffsetKey: Int64] = [:]
        /// Somebody will see to it that they get there.
        var isFlushPlanned = false
        var nextMember = 0
    }

    private let partitions: Int
    private let stored: [OffsetKey: Int64]
    private let state = Mutex(State())

    /// - Parameter stored: what the file remembers.
    init(partitions: Int, stored: [OffsetKey: Int64]) {
        self.partitions = partitions
        self.stored = stored
    }

    func join(_ key: GroupKey) -> ConsumerGroup.MemberID {
        state.withLock { state in
            state.nextMember += 1
            let member = state.nextMember
            withGroup(key, &state) { $0.join(member) }
            return member
        }
    }

    func leave(_ key: GroupKey, _ member: ConsumerGroup.MemberID) {
        state.withLock { state in withGroup(key, &state) { $0.leave(member) } }
    }

    func nextEvent(_ key: GroupKey, _ member: ConsumerGroup.MemberID) -> (ConsumerGroup.Event?, rebalanced: Bool) {
        state.withLock { state in withGroup(key, &state) { $0.nextEvent(of: member) } }
    }

    /// `isOwner` is false when the member does not own the partition. When `wantsFlush` the caller is to see to it that
    /// the offsets are written before long, beginning with ``beginFlush()``.
    func commit(
        _ key: GroupKey, _ member: ConsumerGroup.MemberID, partition: Int, offset: Int64
    ) -> (isOwner: Bool, wantsFlush: Bool) {
        state.withLock { state in
            guard let offset = withGroup(key, &state, { $0.commit(member, partition: partition, offset: offset) })
            else { return (false, false) }
            state.dirty[OffsetKey(group: key, partition: partition)] = offset
            defer { state.isFlushPlanned = true }
            return (true, !state.isFlushPlanned)
        }
    }

    func beginFlush() { state.withLock { $0.isFlushPlanned = false } }

    var hasDirtyOffsets: Bool { state.withLock { !$0.dirty.isEmpty } }
    var dirtyOffsets: [OffsetKey: Int64] { state.withLock { $0.dirty } }

    /// Notes what is in the file by now.
    func confirm(_ written: [OffsetKey: Int64]) {
        state.withLock { state in
            for (key, offset) in written where state.dirty[key] == offset { state.dirty[key] = nil }
        }
    }

    private func withGroup<Result>(
        _ key: GroupKey, _ state: inout State, _ body: (inout ConsumerGroup) -> Result
    ) -> Result {
        if state.groups[key] == nil {
            let offsets = (0..<partitions).map { stored[OffsetKey(group: key, partition: $0)] }
            // A group that has joined holds the log back from the start, whether or not it has committed.
            for (partition, offset) in offsets.enumerated() where offset == nil {
                state.dirty[OffsetKey(group: key, partition: partition)] = 0
            }
            state.groups[key] = ConsumerGroup(committed: offsets.map { $0 ?? 0 })
        }
        return body(&state.groups[key]!)
    }
}

/// The members of one group and their shares. A partition goes from one to another only when the one has been told and
/// has come back for more, so that it can commit what it has done.
struct ConsumerGroup: Sendable {
    typealias MemberID = Int

    enum Event: Sendable, Hashable {
        case assigned(partition: Int, from: Int64)
        case revoked(partition: Int)
    }

    private struct Member {
        let id: MemberID
        var events: [Event] = []
        /// Told to the member, which still may commit.
        var releasing: Set<Int> = []
    }

    private var committed: [Int64]
    private var owners: [MemberID?]
    /// By their time of joining.
    private var members: [Member] = []

    init(committed: [Int64]) {
        self.committed = committed
        owners = committed.map { _ in nil }
    }

    mutating func join(_ id: MemberID) {
        members.append(Member(id: id))
        rebalance()
    }

    mutating func leave(_ id: MemberID) {
        members.removeAll { $0.id == id }
        for partition in owners.indices where owners[partition] == id { owners[partition] = nil }
        rebalance()
    }

    /// What the member has to hear next. `rebalanced` is true when its coming back has given partitions to others.
    mutating func nextEvent(of id: MemberID) -> (Event?, rebalanced: Bool) {
        guard let index = members.firstIndex(where: { $0.id == id }) else { return (nil, false) }
        let released = members[index].releasing
        if !released.isEmpty {
            members[index].releasing = []
            for partition in released { owners[partition] = nil }
            rebalance()
        }
        guard !members[index].events.isEmpty else { return (nil, !released.isEmpty) }
        let event = members[index].events.removeFirst()
        if case .revoked(let partition) = event { members[index].releasing.insert(partition) }
        return (event, !released.isEmpty)
    }

    /// The offset committed by now; nil when the member does not own the partition.
    mutating func commit(_ id: MemberID, partition: Int, offset: Int64) -> Int64? {
        guard owners.indices.contains(partition), owners[partition] == id else { return nil }
        committed[partition] = max(committed[partition], offset)
        return committed[partition]
    }

    private mutating func rebalance() {
        guard !members.isEmpty else { return }
        for partition in owners.indices {
            let heir = partition % members.count
            if let owner = owners[partition] {
                guard owner != members[heir].id, let index = members.firstIndex(where: { $0.id == owner }) else {
                    continue
                }
                let event = Event.revoked(partition: partition)
                if !members[index].events.contains(event), !members[index].releasing.contains(partition) {
                    members[index].events.append(event)
                }
            } else {
                owners[partition] = members[heir].id
                members[heir].events.append(.assigned(partition: partition, from: committed[partition]))
            }
        }
    }
}
