import ChannelSDK

/// Carries out what the applier decides.
struct ApplierWorker: StageWorker {
    let log: any EventLog
    let store: any NotificationStore
    let channels: ChannelBoard
    /// After a restore the log may hold reports about notifications that have yet to be projected again.
    let followsProjection: Bool
    let clock: any WallClock

    /// Who has taken so long since the store's last answer asks again whether the partition is its own before it
    /// publishes: a process that was frozen must not publish what its heir has gone beyond.
    private static var freshFor: Duration { .seconds(1) }

    var stage: Stage { .applier }
    var topic: Topic { .deliveryReport }

    func makeMachine(partition: Int) async throws -> ApplierMachine {
        if followsProjection { try await awaitProjection(of: partition) }
        return ApplierMachine(
            laws: channels.table.laws, progress: try await store.beginEpoch(.applier, partition: partition))
    }

    /// Both topics assign keys to partitions alike, so that it is enough to wait for the same partition.
    private func awaitProjection(of partition: Int) async throws {
        let end = try await log.endOffset(of: .notificationRequested, partition: partition)
        for _ in 0..<20 {
            if try await store.projectedOffset(partition: partition) >= end { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw ProjectionBehind(partition: partition)
    }

    func process(
        _ records: [LogRecord], with machine: inout ApplierMachine, in session: PartitionSession
    ) async throws {
        let table = channels.table
        machine.laws = table.laws
        try await carryOut(machine.handle(.records(records)), table, &machine, session)
    }

    func quarantine(
        _ record: LogRecord, with machine: inout ApplierMachine, in session: PartitionSession
    ) async throws {
        try await carryOut(machine.quarantine(record), channels.table, &machine, session)
    }

    private func carryOut(
        _ first: ApplierMachine.Effect, _ table: ChannelTable, _ machine: inout ApplierMachine,
        _ session: PartitionSession
    ) async throws {
        var effect = first
        var storeAsked = ContinuousClock.now
        while true {
            switch effect {
            case .findChanges(let ids, let offsets):
                storeAsked = .now
                let found = try await store.changes(of: ids, partition: session.partition, offsets: offsets)
                try await readGraphs(of: found.map(\.notification), table)
                effect = machine.handle(.changes(found))
            case .load(let ids):
                let found = try await store.load(ids)
                try await readGraphs(of: found, table)
                effect = machine.handle(.loaded(found))
            case .park(let questions): effect = machine.handle(.parked(try await store.correlate(questions)))
            case .store(let application):
                storeAsked = .now
                let released = try await store.apply(application)
                table.metrics.count(machine.tally, at: clock.now())
                effect = machine.handle(.stored(released))
            case .append(let batches):
                if storeAsked + Self.freshFor < .now, try await !store.isCurrent(machine.fence) {
                    throw StoreError.fenced
                }
                try await log.append(batches)
                table.metrics.countDeadLetters(batches)
                effect = machine.handle(.appended)
            case .unpark(let ids):
                try await store.unpark(ids)
                effect = machine.handle(.unparked)
            case .commit(let offset):
                try await session.commit(offset)
                effect = machine.handle(.committed)
            case .finish(let wakes):
                let dispatchers = channels.table.dispatchers
                for (channel, due) in wakes { dispatchers[channel]?.wake(due: due) }
                return
            case .halt(let reason): throw StageHalt(reason: reason)
            }
        }
    }

    /// Another replica may have begun with a graph that this one has not heard of.
    private func readGraphs(of states: [NotificationState], _ table: ChannelTable) async throws {
        let missing = table.laws.missingGraphs(of: states)
        guard !missing.isEmpty else { return }
        table.laws.archive.add(try await store.graphs(), missing: missing)
    }
}

private struct ProjectionBehind: Error, CustomStringConvertible {
    let partition: Int

    var description: String {
        "after the restore, partition \(partition) of notification.requested is projected before its reports are applied"
    }
}
