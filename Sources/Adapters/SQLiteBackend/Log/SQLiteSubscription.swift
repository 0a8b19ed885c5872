import Pipeline
import Synchronization

/// One member of a group.
final class SQLiteSubscription: LogSubscription {
    private struct State {
        /// By partition: the next offset to hand out, and records read but not handed out yet.
        var positions: [Int: Int64] = [:]
        var buffers: [Int: ArraySlice<LogRecord>] = [:]
        var held: Set<Int> = []
        /// The partition served last, so that each has its turn.
        var lastServed = -1
        var isClosed = false
    }

    private let log: SQLiteEventLog
    private let group: ConsumerGroups.GroupKey
    private let member: ConsumerGroup.MemberID
    private let state = Mutex(State())

    init(log: SQLiteEventLog, group: ConsumerGroups.GroupKey, member: ConsumerGroup.MemberID) {
        self.log = log
        self.group = group
        self.member = member
    }

    deinit {
        if !state.withLock({ $0.isClosed }) { leave() }
    }

    func next(limit: Int) async throws(LogError) -> SubscriptionEvent? {
        let signal = log.index.signal(of: group.topic)
        while true {
            let generation = signal.generation
            if state.withLock({ $0.isClosed }) || log.isClosed.isSet || Task.isCancelled { return nil }
            if let event = takeEvent(signal) { return event }
            if let records = try await takeRecords(limit: max(limit, 1)) { return records }
            await signal.wait(past: generation)
        }
    }

    func commit(partition: Int, offset: Int64) async throws(LogError) {
        let (isOwner, wantsFlush) = log.groups.commit(group, member, partition: partition, offset: offset)
        guard isOwner else { throw .notOwner }
        if wantsFlush { flushSoon() }
    }

    func confirm(partition: Int, offset: Int64) async throws(LogError) {
        try await commit(partition: partition, offset: offset)
    }

    func hold(partition: Int) { state.withLock { _ = $0.held.insert(partition) } }

    func resume(partition: Int) {
        state.withLock { _ = $0.held.remove(partition) }
        log.index.signal(of: group.topic).raise()
    }

    func close() async {
        let wasClosed = state.withLock { state in
            defer { state.isClosed = true }
            return state.isClosed
        }
        if !wasClosed { leave() }
    }

    private func leave() {
        log.groups.leave(group, member)
        log.index.signal(of: group.topic).raise()
    }

    private func takeEvent(_ signal: LogSignal) -> SubscriptionEvent? {
        let (event, rebalanced) = log.groups.nextEvent(group, member)
        if rebalanced { signal.raise() }
        return state.withLock { state in
            switch event {
            case .assigned(let partition, let offset):
                state.positions[partition] = offset
                state.buffers[partition] = nil
                state.held.remove(partition)
                return .assigned(partition: partition)
            case .revoked(let partition):
                state.positions[partition] = nil
                state.buffers[partition] = nil
                return .revoked(partitions: [partition])
            case nil: return nil
            }
        }
    }

    /// The next records of the partition whose turn it is; nil when there are none anywhere.
    private func takeRecords(limit: Int) async throws(LogError) -> SubscriptionEvent? {
        let (positions, last) = state.withLock { state in
            (state.positions.filter { !state.held.contains($0.key) }, state.lastServed)
        }
        let turns = positions.keys.sorted { ($0 <= last ? 1 : 0, $0) < ($1 <= last ? 1 : 0, $1) }
        for partition in turns {
            guard let position = positions[partition] else { continue }
            if let records = takeBuffered(partition, limit) { return .records(partition: partition, records) }
            let key = PartitionKey(topic: group.topic, partition: partition)
            // A few more than asked for, so that a large block need not be walked through again and again.
            let records = try await log.reader.records(of: key, from: position, limit: max(limit, 1024))
            guard !records.isEmpty else { continue }
            state.withLock { $0.buffers[partition] = records[...] }
            if let records = takeBuffered(partition, limit) { return .records(partition: partition, records) }
        }
        return nil
    }

    private func takeBuffered(_ partition: Int, _ limit: Int) -> [LogRecord]? {
        state.withLock { state in
            guard let buffer = state.buffers[partition], let last = buffer.prefix(limit).last else { return nil }
            let records = Array(buffer.prefix(limit))
            state.buffers[partition] = buffer.count > limit ? buffer.dropFirst(limit) : nil
            state.positions[partition] = last.offset + 1
            state.lastServed = partition
            return records
        }
    }

    /// Committed offsets ride along with the next write; if none comes they are written on their own.
    private func flushSoon() {
        let (committer, groups) = (log.committer, log.groups)
        Task {
            try? await Task.sleep(for: .milliseconds(500))
            groups.beginFlush()
            guard groups.hasDirtyOffsets else { return }
            // If it fails they wait for the next write; a group may begin with what it has done already.
            _ = try? await committer.commit { $0.flushOffsets() }
        }
    }
}
