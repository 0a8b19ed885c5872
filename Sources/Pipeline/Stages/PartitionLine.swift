import Logging
import Synchronization

/// A partition as a stage owns it.
struct PartitionSession: Sendable {
    let partition: Int
    let subscription: any LogSubscription

    func commit(_ offset: Int64) async throws { try await subscription.commit(partition: partition, offset: offset) }
}

/// One assigned partition of a stage: works its batches one after another, in a task of its own, and tries again when a
/// backend fails.
final class PartitionLine<Worker: StageWorker>: Sendable {
    private let worker: Worker
    private let store: any RunStore
    private let session: PartitionSession
    private let isCareful: Bool
    private let logger: Logger
    private let status: StageStatus
    private let batches = Mailbox<[LogRecord]>()
    private let isClosed = Atomic(false)
    private let ended = LogSignal()

    init(
        worker: Worker, store: any RunStore, session: PartitionSession, isCareful: Bool, logger: Logger,
        status: StageStatus
    ) {
        self.worker = worker
        self.store = store
        self.session = session
        self.isCareful = isCareful
        self.logger = logger
        self.status = status
        // Not a child of whoever reads the log: a batch that has begun ends also when the reading is stopped.
        Task { [self] in await run() }
    }

    /// The next batch, of a partition that is held until it is done.
    func put(_ records: [LogRecord]) { batches.put(CollectionOfOne(records)) }

    /// Ends with the batch under way, which is not tried again should it fail.
    func close() {
        isClosed.store(true, ordering: .releasing)
        batches.close()
    }

    /// Waits for the end of a line that was closed.
    func end() async { await ended.wait(past: 0, heedsCancellation: false) }

    func end(within limit: Duration) async { await ended.wait(past: 0, upTo: limit) }

    private func run() async {
        var machine: Worker.Machine?
        var carefulEnd: Int64?
        var isLost = false
        while let waiting = await batches.takeAll() {
            for records in waiting where !isLost && !isClosed.load(ordering: .acquiring) {
                guard let first = records.first else { continue }
                let end = carefulEnd ?? (isCareful ? first.offset + Int64(StageRunner<Worker>.batchLimit) : 0)
                carefulEnd = end
                status.begin(session.partition, at: first.offset)
                isLost = await !work(records, &machine, carefulUntil: end)
                note(records, isLost: isLost)
            }
            if !isLost { session.subscription.resume(partition: session.partition) }
        }
        status.forget(session.partition)
        ended.raise()
    }

    private func note(_ records: [LogRecord], isLost: Bool) {
        guard !isLost, !status.isHalted(session.partition), let last = records.last else { return }
        status.advance(session.partition, to: last.offset + 1)
    }

    /// Works a batch until it is done; false when the partition is not ours any more.
    private func work(
        _ records: [LogRecord], _ machine: inout Worker.Machine?, carefulUntil: Int64
    ) async -> Bool {
        let carefulCount = records.prefix { $0.offset < carefulUntil }.count
        for record in records.prefix(carefulCount) {
            guard await attempt([record], &machine, { try await workAlone(record, &$0) }) else { return false }
        }
        let rest = Array(records.dropFirst(carefulCount))
        if rest.isEmpty { return true }
        return await attempt(rest, &machine) { try await worker.process(rest, with: &$0, in: session) }
    }

    private func workAlone(_ record: LogRecord, _ machine: inout Worker.Machine) async throws {
        let position = LogPosition(partition: session.partition, offset: record.offset)
        let runs = try await store.beginRecord(worker.stage, at: position)
        if runs > 2 {
            logger.error("a record that ended two runs is put aside", metadata: ["position": "\(position)"])
            try await worker.quarantine(record, with: &machine, in: session)
        } else {
            try await worker.process([record], with: &machine, in: session)
        }
    }

    /// Tries until it succeeds, the line is closed, or the partition is lost, which gives false.
    private func attempt(
        _ records: [LogRecord], _ machine: inout Worker.Machine?, _ body: (inout Worker.Machine) async throws -> Void
    ) async -> Bool {
        var delay = Duration.milliseconds(50)
        while !status.isHalted(session.partition) {
            do {
                var current = if let machine { machine } else { try await makeMachine(records) }
                machine = nil
                try await body(&current)
                machine = current
                return true
            } catch let halt as StageHalt {
                logger.critical("\(halt.reason)")
                status.halt(session.partition, halt.reason)
            } catch LogError.notOwner {
                logger.notice("partition \(session.partition) has a new owner")
                return false
            } catch {
                if isClosed.load(ordering: .acquiring) { return true }
                // Fenced off by a later epoch: the log has the say on whose the partition is, see below.
                if !(error is StoreError && error as? StoreError == .fenced) {
                    logger.warning("a batch failed; trying again", metadata: ["error": "\(error)"])
                }
                guard (try? await Task.sleep(for: delay)) != nil else { return true }
                delay = min(delay * 2, .seconds(2))
            }
        }
        return true
    }

    /// Makes sure that the partition is ours before a new epoch shuts out everybody else: who was frozen and wakes must
    /// not take it away from its heir.
    private func makeMachine(_ records: [LogRecord]) async throws -> Worker.Machine {
        if let first = records.first {
            try await session.subscription.confirm(partition: session.partition, offset: first.offset)
        }
        return try await worker.makeMachine(partition: session.partition)
    }
}
