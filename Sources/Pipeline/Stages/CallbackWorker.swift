import ChannelSDK

/// Carries out what the callback machine decides.
struct CallbackWorker: StageWorker {
    let log: any EventLog
    let subscriptions: [CallbackSubscription]
    let clock: any WallClock
    let metrics: StageMetrics

    var stage: Stage { .callbacks }
    var topic: Topic { .statusChange }

    func makeMachine(partition: Int) -> CallbackMachine {
        CallbackMachine(partition: partition, subscriptions: subscriptions)
    }

    func process(
        _ records: [LogRecord], with machine: inout CallbackMachine, in session: PartitionSession
    ) async throws {
        try await carryOut(machine.handle(.records(records, now: clock.now())), &machine, session)
    }

    func quarantine(
        _ record: LogRecord, with machine: inout CallbackMachine, in session: PartitionSession
    ) async throws {
        try await carryOut(machine.quarantine(record), &machine, session)
    }

    private func carryOut(
        _ first: CallbackMachine.Effect, _ machine: inout CallbackMachine, _ session: PartitionSession
    ) async throws {
        var effect = first
        while true {
            switch effect {
            case .append(let batches):
                try await log.append(batches)
                metrics.countDeadLetters(batches)
                effect = machine.handle(.appended)
            case .commit(let offset):
                try await session.commit(offset)
                effect = machine.handle(.committed)
            case .finish: return
            }
        }
    }
}
