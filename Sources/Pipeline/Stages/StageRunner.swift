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

/// A partition as the loop owns it.
struct PartitionSession: Sendable {
    let partition: Int
    let subscription: any LogSubscription

    func commit(_ offset: Int64) async throws { try await subscription.commit(partition: partition, offset: offset) }
}

/// Only a newer version can go on with this partition.
struct StageHalt: Error { let reason: String }

/// Runs a stage: takes batches from its subscription, has each worked to its end, and tries again when a backend fails.
struct StageRunner<Worker: StageWorker>: Sendable {
    let worker: Worker
    let log: any EventLog
    let store: any RunStore
    /// True after an unclean exit: the records that can have been under way then run one by one, each noted before.
    let isCareful: Bool
    let logger: Logger
    let status: StageStatus

    static var batchLimit: Int { 2000 }

    func run(until stop: StageStop) async {
        guard let subscription = await subscribe() else { return }
        stop.onStop { await subscription.close() }
        var machines: [Int: Worker.Machine] = [:]
        var careful: [Int: Int64] = [:]
        while true {
            do {
                guard let event = try await subscription.next(limit: Self.batchLimit) else { return }
                switch event {
                case .assigned(let partition):
                    machines[partition] = nil
                    careful[partition] = nil
                case .revoked(let partition): machines[partition] = nil
                case .records(let partition, let records):
                    guard !status.isHalted(partition) else { continue }
                    let session = PartitionSession(partition: partition, subscription: subscription)
                    let end = careful[partition, default: (records.first?.offset ?? 0) + Int64(Self.batchLimit)]
                    careful[partition] = end
                    var machine = machines.removeValue(forKey: partition)
                    machines[partition] = await work(records, &machine, session, carefulUntil: isCareful ? end : 0)
                }
            } catch {
                logger.warning("the log can't be read; trying again", metadata: ["error": "\(error)"])
                guard await pause(.milliseconds(200)) else { return }
            }
        }
    }

    private func subscribe() async -> (any LogSubscription)? {
        while true {
            do {
                return try await log.subscribe(to: worker.topic, group: worker.stage.rawValue)
            } catch {
                logger.warning("can't join the log; trying again", metadata: ["error": "\(error)"])
                guard await pause(.milliseconds(500)) else { return nil }
            }
        }
    }

    /// Works a batch until it is done, or not ours any more; gives the machine back for the next one.
    private func work(
        _ records: [LogRecord], _ machine: inout Worker.Machine?, _ session: PartitionSession, carefulUntil: Int64
    ) async -> Worker.Machine? {
        let carefulCount = records.prefix { $0.offset < carefulUntil }.count
        for record in records.prefix(carefulCount) {
            await attempt(&machine, session) { machine in
                let position = LogPosition(partition: session.partition, offset: record.offset)
                let runs = try await store.beginRecord(worker.stage, at: position)
                if runs > 2 {
                    logger.error("a record that ended two runs is put aside", metadata: ["position": "\(position)"])
                    try await worker.quarantine(record, with: &machine, in: session)
                } else {
                    try await worker.process([record], with: &machine, in: session)
                }
            }
        }
        let rest = Array(records.dropFirst(carefulCount))
        if !rest.isEmpty {
            await attempt(&machine, session) { try await worker.process(rest, with: &$0, in: session) }
        }
        return machine
    }

    private func attempt(
        _ machine: inout Worker.Machine?, _ session: PartitionSession,
        _ body: (inout Worker.Machine) async throws -> Void
    ) async {
        var delay = Duration.milliseconds(50)
        while !status.isHalted(session.partition) {
            do {
                var current =
                    if let machine { machine } else { try await worker.makeMachine(partition: session.partition) }
                machine = nil
                try await body(&current)
                machine = current
                return
            } catch let halt as StageHalt {
                logger.critical("\(halt.reason)")
                status.halt(session.partition, halt.reason)
            } catch StoreError.fenced {
                return logger.notice("partition \(session.partition) has a new owner")
            } catch LogError.notOwner {
                return logger.notice("partition \(session.partition) has a new owner")
            } catch {
                logger.warning("a batch failed; trying again", metadata: ["error": "\(error)"])
                guard await pause(delay) else { return }
                delay = min(delay * 2, .seconds(2))
            }
        }
    }

    private func pause(_ duration: Duration) async -> Bool { (try? await Task.sleep(for: duration)) != nil }
}

/// How a stage is asked to stop.
final class StageStop: Sendable {
    private struct State {
        var actions: [@Sendable () async -> Void] = []
        var isStopped = false
    }

    private let state = Mutex(State())

    func onStop(_ action: @escaping @Sendable () async -> Void) {
        let isStopped = state.withLock { state in
            if !state.isStopped { state.actions.append(action) }
            return state.isStopped
        }
        if isStopped { Task { await action() } }
    }

    func stop() async {
        let actions = state.withLock { state in
            state.isStopped = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { await action() }
    }
}

/// Which partitions of a stage stand still, and why: for health and the operator.
public final class StageStatus: Sendable {
    private let halted = Mutex<[Int: String]>([:])

    public var halts: [Int: String] { halted.withLock { $0 } }

    func isHalted(_ partition: Int) -> Bool { halted.withLock { $0[partition] != nil } }

    func halt(_ partition: Int, _ reason: String) { halted.withLock { $0[partition] = reason } }
}

extension EventLog {
    /// Appends each batch to its topic, in order.
    func append(_ batches: [(topic: Topic, batch: RecordBatch)]) async throws {
        for (topic, batch) in batches { try await append(batch, to: topic) }
    }
}
