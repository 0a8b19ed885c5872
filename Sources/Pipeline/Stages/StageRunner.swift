import ChannelSDK
import Logging
import Synchronization

/// One stage's way of working a partition: a machine, and how its effects are carried out.
protocol StageWorker: Sendable {
    associatedtype Machine: Sendable

    var stage: Stage { get }
    var topic: Topic { get }
    /// Begins a new epoch, where the stage has one, and makes the machine.
    func makeMachine(partition: Int) async throws -> Machine
    /// Runs a batch to its end.
    /// - Throws: whatever an effect threw; the batch is then run again from a new machine.
    func process(_ records: [LogRecord], with machine: inout Machine, in group: PartitionSession) async throws
    /// Puts one record aside.
    func quarantine(_ record: LogRecord, with machine: inout Machine, in group: PartitionSession) async throws
}

/// Only a newer version can go on with this partition.
struct StageHalt: Error { let reason: String }

/// Runs a stage: takes records from its subscription and gives them to the partitions' lines, each a task of its own, so
/// that one partition's trouble holds up no other. A partition that has a batch gets the next one when it is done.
struct StageRunner<Worker: StageWorker>: Sendable {
    let worker: Worker
    let log: any EventLog
    let store: any RunStore
    /// True after an unclean exit: the records that can have been under way then run one by one, each noted before.
    let isCareful: Bool
    let logger: Logger
    let status: StageStatus

    static var batchLimit: Int { 2000 }
    /// How long the batches of partitions that were revoked together may take to end: meanwhile the whole group waits.
    var revocationTime = Duration.seconds(5)

    /// Returns when the batches that were under way at the stop have ended.
    func run(until stop: StageStop) async {
        while let subscription = await stoppable(stop, subscribe) {
            let (lines, isStopped) = await stoppable(stop) { await distribute(subscription) }
            for line in lines.values { line.close() }
            for line in lines.values { await line.end() }
            await subscription.close()
            if isStopped { return }
        }
    }

    /// Only the reading is cancelled by a stop: what has begun goes on to its end.
    private func stoppable<Value: Sendable>(
        _ stop: StageStop, _ work: @escaping @Sendable () async -> Value
    ) async -> Value {
        let task = Task { await work() }
        let registration = stop.onStop { task.cancel() }
        defer { stop.remove(registration) }
        return await task.value
    }

    private func subscribe() async -> (any LogSubscription)? {
        while true {
            if Task.isCancelled { return nil }
            do {
                return try await log.subscribe(to: worker.topic, group: worker.stage.rawValue)
            } catch {
                logger.warning("can't join the log; trying again", metadata: ["error": "\(error)"])
                guard (try? await Task.sleep(for: .milliseconds(500))) != nil else { return nil }
            }
        }
    }

    /// The lines that are left, and whether the subscription ended because of a stop: else it has to be made anew.
    private func distribute(_ subscription: any LogSubscription) async -> ([Int: PartitionLine<Worker>], Bool) {
        var lines: [Int: PartitionLine<Worker>] = [:]
        var isStopped = true
        do {
            while let event = try await subscription.next(limit: Self.batchLimit) {
                switch event {
                case .assigned(let partition): lines[partition] = line(partition, subscription)
                case .revoked(let partitions):
                    let revoked = partitions.compactMap { lines.removeValue(forKey: $0) }
                    // All are closed before one is waited for: their time runs for all at once.
                    for line in revoked { line.close() }
                    let deadline = ContinuousClock.now + revocationTime
                    for line in revoked { await line.end(within: max(.zero, deadline - .now)) }
                case .records(let partition, let records):
                    subscription.hold(partition: partition)
                    if !status.isHalted(partition) { lines[partition]?.put(records) }
                }
            }
        } catch {
            isStopped = false
            logger.warning("the log can't be read; trying again", metadata: ["error": "\(error)"])
        }
        return (lines, isStopped)
    }

    private func line(_ partition: Int, _ subscription: any LogSubscription) -> PartitionLine<Worker> {
        PartitionLine(
            worker: worker, store: store, session: PartitionSession(partition: partition, subscription: subscription),
            isCareful: isCareful, logger: logger, status: status)
    }
}

/// How a stage is asked to stop.
final class StageStop: Sendable {
    private struct State {
        var actions: [UInt64: @Sendable () -> Void] = [:]
        var next: UInt64 = 0
        var isStopped = false
    }

    private let state = Mutex(State())

    /// Runs `action` at the stop, or now if that has come.
    func onStop(_ action: @escaping @Sendable () -> Void) -> UInt64 {
        let (registration, isStopped) = state.withLock { state in
            state.next += 1
            if !state.isStopped { state.actions[state.next] = action }
            return (state.next, state.isStopped)
        }
        if isStopped { action() }
        return registration
    }

    func remove(_ registration: UInt64) { state.withLock { state in state.actions[registration] = nil } }

    /// Returns at the stop, or when the task is cancelled.
    func wait() async {
        let stopped = LogSignal()
        let registration = onStop { stopped.raise() }
        await stopped.wait(past: 0)
        remove(registration)
    }

    func stop() {
        let actions = state.withLock { state in
            state.isStopped = true
            defer { state.actions = [:] }
            return state.actions
        }
        for action in actions.values { action() }
    }
}

/// How far a stage is in the partitions that are this replica's, and which of them stand still, and why.
public final class StageStatus: Sendable {
    private let halted = Mutex<[Int: String]>([:])
    private let reached = Mutex<[Int: Int64]>([:])

    /// By partition, where records have come: the first that is not done.
    public var positions: [Int: Int64] { reached.withLock { $0 } }

    public var halts: [Int: String] { halted.withLock { $0 } }

    func isHalted(_ partition: Int) -> Bool { halted.withLock { $0[partition] != nil } }

    func begin(_ partition: Int, at offset: Int64) {
        reached.withLock { if $0[partition] == nil { $0[partition] = offset } }
    }

    func advance(_ partition: Int, to offset: Int64) { reached.withLock { $0[partition] = offset } }

    func forget(_ partition: Int) { reached.withLock { _ = $0.removeValue(forKey: partition) } }

    func halt(_ partition: Int, _ reason: String) { halted.withLock { $0[partition] = reason } }
}

extension EventLog {
    /// Appends each batch to its topic, in order.
    func append(_ batches: [(topic: Topic, batch: RecordBatch)]) async throws {
        for (topic, batch) in batches { try await append(batch, to: topic) }
    }
}
