import ChannelSDK

/// Carries out what the projector decides.
struct ProjectorWorker: StageWorker {
    let log: any EventLog
    let store: any NotificationStore
    let channels: ChannelBoard
    let owner: OwnerID
    let progress: ProjectionProgress
    let clock: any WallClock
    let retention: Duration?

    var stage: Stage { .projector }
    var topic: Topic { .notificationRequested }

    func makeMachine(partition: Int) async throws -> ProjectorMachine {
        let begun = try await store.beginEpoch(.projector, partition: partition)
        progress.advance(to: begun.nextOffset, partition: partition)
        return ProjectorMachine(laws: channels.table.laws, owner: owner, progress: begun, retention: retention)
    }

    func process(
        _ records: [LogRecord], with machine: inout ProjectorMachine, in session: PartitionSession
    ) async throws {
        let table = channels.table
        machine.laws = table.laws
        try await carryOut(machine.handle(.records(records, now: clock.now())), table, &machine, session)
    }

    func quarantine(
        _ record: LogRecord, with machine: inout ProjectorMachine, in session: PartitionSession
    ) async throws {
        try await carryOut(machine.quarantine(record), channels.table, &machine, session)
    }

    private func carryOut(
        _ first: ProjectorMachine.Effect, _ table: ChannelTable, _ machine: inout ProjectorMachine,
        _ session: PartitionSession
    ) async throws {
        var effect = first
        // One and the same for the whole batch: what was reserved with a dispatcher is handed to that one.
        let (dispatchers, metrics) = (table.dispatchers, table.metrics)
        var reserved: [String: Int] = [:]
        do {
            while true {
                switch effect {
                case .reserve(let wanted):
                    for (channel, count) in wanted { reserved[channel] = dispatchers[channel]?.reserve(count) }
                    effect = machine.handle(.reserved(reserved))
                case .store(let projection):
                    let receipt = try await store.project(projection)
                    metrics.count(receipt)
                    progress.advance(to: projection.nextOffset, partition: session.partition)
                    effect = machine.handle(.projected(receipt))
                case .hand(let claimed, let unused, let ready):
                    hand(claimed, unused, ready, dispatchers)
                    reserved = [:]
                    effect = machine.handle(.handed)
                case .append(let batches):
                    try await log.append(batches)
                    metrics.countDeadLetters(batches)
                    effect = machine.handle(.appended)
                case .unpark(let ids):
                    try await store.unpark(ids)
                    effect = machine.handle(.unparked)
                case .commit(let offset):
                    try await session.commit(offset)
                    effect = machine.handle(.committed)
                case .finish: return
                case .halt(let reason): throw StageHalt(reason: reason)
                }
            }
        } catch {
            for (channel, count) in reserved { dispatchers[channel]?.hand([], unused: count) }
            throw error
        }
    }

    private func hand(
        _ claimed: [ClaimedDelivery], _ unused: [String: Int], _ ready: [String: Timestamp],
        _ dispatchers: [String: ChannelDispatcher]
    ) {
        let byChannel = Dictionary(grouping: claimed, by: \.channel)
        for channel in Set(byChannel.keys).union(unused.keys) {
            dispatchers[channel]?.hand(byChannel[channel] ?? [], unused: unused[channel] ?? 0)
        }
        for (channel, due) in ready { dispatchers[channel]?.wake(due: due) }
    }
}
