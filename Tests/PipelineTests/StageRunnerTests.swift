import ChannelSDK
import Logging
import Synchronization
import Testing

@testable import Pipeline

/// How a stage shares its partitions out: each a line of its own, confirmed before it begins, given back when asked for.
@Suite(.timeLimit(.minutes(10)))
struct StageRunnerTests {
    @Test func oneStuckPartitionHoldsUpNoOther() async throws {
        let world = World()
        await world.during { log in
            for partition in [0, 1] { log.tell(.assigned(partition: partition)) }
            world.block(partition: 0)
            log.tell(.records(partition: 0, records(0..<5)))
            for batch in 0..<10 { log.tell(.records(partition: 1, records(batch * 5..<batch * 5 + 5))) }
            await world.wait { $0.processed[1, default: []].count == 50 }
            #expect(world.processed[0] == nil)
            #expect(log.held == [0])
            world.unblock(partition: 0)
            await world.wait { $0.processed[0, default: []] == Array(0..<5) }
        }
    }

    @Test func aPartitionHasOneBatchAtATime() async throws {
        let world = World()
        await world.during { log in
            log.tell(.assigned(partition: 3))
            world.block(partition: 3)
            log.tell(.records(partition: 3, records(0..<2)))
            await world.wait { $0.begun[3] == 1 }
            #expect(log.held == [3])
            world.unblock(partition: 3)
            await log.waitUntilFree(3)
            #expect(world.processed[3] == [0, 1])
        }
    }

    @Test func ownershipIsConfirmedBeforeAnEpochBegins() async throws {
        let world = World()
        world.log.refuse(partition: 0)
        await world.during { log in
            for partition in [0, 1] {
                log.tell(.assigned(partition: partition))
                log.tell(.records(partition: partition, records(7..<9)))
            }
            await world.wait { $0.processed[1, default: []].count == 2 }
            await log.waitForConfirmation(of: 0)
            #expect(world.machines == [1])
            #expect(log.confirmed.contains(.init(partition: 1, offset: 7)))
            // It is the other's until it is assigned anew.
            log.tell(.records(partition: 0, records(9..<11)))
            log.refuse(partition: nil)
            log.tell(.assigned(partition: 0))
            log.tell(.records(partition: 0, records(9..<11)))
            await world.wait { $0.processed[0, default: []] == [9, 10] }
        }
    }

    @Test func whoIsFencedOffAsksTheLogAgain() async throws {
        let world = World()
        world.fail(partition: 0, with: [StoreError.fenced, StoreError.unavailable("gone")])
        await world.during { log in
            log.tell(.assigned(partition: 0))
            log.tell(.records(partition: 0, records(4..<6)))
            await world.wait { $0.processed[0, default: []] == [4, 5] }
            #expect(log.confirmed.count { $0.partition == 0 } == 3)
            #expect(world.machines == [0, 0, 0])
        }
    }

    @Test func aStopLetsTheBatchUnderWayEnd() async throws {
        let world = World()
        let running = world.start()
        world.log.tell(.assigned(partition: 0))
        world.block(partition: 0)
        world.log.tell(.records(partition: 0, records(0..<3)))
        await world.wait { $0.begun[0] == 1 }
        world.stop.stop()
        #expect(!world.log.isClosed)
        world.unblock(partition: 0)
        await running.value
        #expect(world.processed[0] == [0, 1, 2])
        #expect(world.log.isClosed)
    }

    @Test func afterARevocationTheBatchEndsFirst() async throws {
        let world = World()
        await world.during { log in
            log.tell(.assigned(partition: 0))
            world.block(partition: 0)
            log.tell(.records(partition: 0, records(0..<3)))
            await world.wait { $0.begun[0] == 1 }
            log.tell(.revoked(partitions: [0]))
            world.unblock(partition: 0)
            log.tell(.assigned(partition: 1))
            log.tell(.records(partition: 1, records(0..<1)))
            await world.wait { $0.processed[1] == [0] }
            // The next call of next(limit:) gives the partition back: by then its batch was done.
            #expect(world.order == [0, 1])
        }
    }

    /// One batch that does not end lets the others of the same revocation know of it all the same.
    @Test func whatIsRevokedTogetherIsClosedTogether() async throws {
        let world = World()
        let running = world.start(revocationTime: .seconds(3600))
        for partition in 0..<12 {
            world.log.tell(.assigned(partition: partition))
            // The first never ends, the others are tried again and again.
            if partition == 0 { world.block(partition: partition) }
            world.fail(partition: partition, with: Array(repeating: .unavailable("gone"), count: 10_000))
            world.log.tell(.records(partition: partition, records(0..<3)))
        }
        await world.wait { $0.begun.count == 12 }
        world.log.tell(.revoked(partitions: Array(0..<12)))
        while Set(world.status.positions.keys) != [0] {
            try Task.checkCancellation()
            await Task.yield()
        }
        world.log.tell(.assigned(partition: 12))
        world.log.tell(.records(partition: 12, records(0..<1)))
        world.unblock(partition: 0)
        await world.wait { $0.processed[12] == [0] }
        #expect(world.processed.count == 1 && world.begun[0] == 1)
        world.stop.stop()
        await running.value
    }
}

private func records(_ offsets: Range<Int>) -> [LogRecord] {
    offsets.map { LogRecord(offset: Int64($0), key: nil, headers: [], value: []) }
}

// MARK: - The world around a runner

/// A worker that notes what it is given, and waits or fails where the test says so.
private final class World: Sendable {
    struct State {
        var processed: [Int: [Int]] = [:]
        var begun: [Int: Int] = [:]
        /// Partitions in the order in which batches ended.
        var order: [Int] = []
        /// Partitions in the order in which machines were made.
        var machines: [Int] = []
        var blocked: Set<Int> = []
        var failures: [Int: [StoreError]] = [:]
    }

    let log = ScriptedLog()
    let stop = StageStop()
    let status = StageStatus()
    private let state = Mutex(State())
    private let changed = LogSignal()

    var processed: [Int: [Int]] { state.withLock { $0.processed } }
    var begun: [Int: Int] { state.withLock { $0.begun } }
    var machines: [Int] { state.withLock { $0.machines } }
    var order: [Int] { state.withLock { $0.order } }

    func start(revocationTime: Duration = .seconds(5)) -> Task<Void, Never> {
        var runner = StageRunner(
            worker: Worker(world: self), log: log, store: NoRuns(), isCareful: false,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, status: status)
        runner.revocationTime = revocationTime
        return Task { [stop, runner] in await runner.run(until: stop) }
    }

    func during(_ body: (ScriptedLog) async -> Void) async {
        let running = start()
        await body(log)
        stop.stop()
        await running.value
    }

    func change<Value>(_ body: (inout State) -> Value) -> Value {
        defer { changed.raise() }
        return state.withLock { state in body(&state) }
    }

    func block(partition: Int) { change { _ = $0.blocked.insert(partition) } }
    func unblock(partition: Int) { change { _ = $0.blocked.remove(partition) } }
    func fail(partition: Int, with errors: [StoreError]) { change { $0.failures[partition] = errors } }

    func wait(until holds: (State) -> Bool) async {
        while !Task.isCancelled {
            let generation = changed.generation
            if state.withLock({ holds($0) }) { return }
            await changed.wait(past: generation)
        }
    }

    struct Worker: StageWorker {
        let world: World
        var stage: Stage { .applier }
        var topic: Topic { .deliveryReport }

        func makeMachine(partition: Int) async throws -> Int {
            world.change { $0.machines.append(partition) }
            return partition
        }

        func process(_ records: [LogRecord], with machine: inout Int, in group: PartitionSession) async throws {
            let partition = group.partition
            world.change { $0.begun[partition, default: 0] += 1 }
            await world.wait { !$0.blocked.contains(partition) }
            let failure = world.change { state -> StoreError? in
                guard let errors = state.failures[partition], !errors.isEmpty else { return nil }
                return state.failures[partition]?.removeFirst()
            }
            if let failure { throw failure }
            world.change { state in
                state.processed[partition, default: []] += records.map { Int($0.offset) }
                state.order.append(partition)
            }
            if let last = records.last { try await group.commit(last.offset + 1) }
        }

        func quarantine(_ record: LogRecord, with machine: inout Int, in group: PartitionSession) async throws {}
    }
}

private struct NoRuns: RunStore {
    func beginRun() async throws(StoreError) -> Bool { true }
    func endRun() async throws(StoreError) {}
    func beginRecord(_ stage: Stage, at position: LogPosition) async throws(StoreError) -> Int { 1 }
    func restoration() async throws(StoreError) -> Restoration? { nil }
}

/// A log of one subscription, whose events the test gives.
private final class ScriptedLog: EventLog, LogSubscription {
    fileprivate struct State {
        var events: [SubscriptionEvent] = []
        var held: Set<Int> = []
        var refused: Int?
        var confirmed: [LogPosition] = []
        var asked: Set<Int> = []
        var isClosed = false

        /// Records of a held partition wait.
        func isHeld(_ event: SubscriptionEvent) -> Bool {
            if case .records(let partition, _) = event { held.contains(partition) } else { false }
        }
    }

    private let state = Mutex(State())
    private let changed = LogSignal()

    var held: Set<Int> { state.withLock { $0.held } }
    var confirmed: [LogPosition] { state.withLock { $0.confirmed } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    private func change(_ body: (inout State) -> Void) {
        state.withLock { state in body(&state) }
        changed.raise()
    }

    private func wait(until holds: (State) -> Bool) async {
        while !Task.isCancelled {
            let generation = changed.generation
            if state.withLock({ holds($0) }) { return }
            await changed.wait(past: generation)
        }
    }

    func tell(_ event: SubscriptionEvent) { change { $0.events.append(event) } }
    func refuse(partition: Int?) { change { $0.refused = partition } }
    func waitUntilFree(_ partition: Int) async { await wait { !$0.held.contains(partition) } }
    func waitForConfirmation(of partition: Int) async { await wait { $0.asked.contains(partition) } }

    func subscribe(to topic: Topic, group: String) async throws(LogError) -> any LogSubscription { self }

    func next(limit: Int) async throws(LogError) -> SubscriptionEvent? {
        while true {
            let generation = changed.generation
            if Task.isCancelled { return nil }
            let event = state.withLock { state -> SubscriptionEvent? in
                guard let index = state.events.firstIndex(where: { !state.isHeld($0) }) else { return nil }
                if case .assigned(let partition) = state.events[index] { state.held.remove(partition) }
                return state.events.remove(at: index)
            }
            if let event { return event }
            await changed.wait(past: generation)
        }
    }

    func commit(partition: Int, offset: Int64) async throws(LogError) {}

    func confirm(partition: Int, offset: Int64) async throws(LogError) {
        let isRefused = state.withLock { state in
            state.asked.insert(partition)
            if state.refused != partition { state.confirmed.append(.init(partition: partition, offset: offset)) }
            return state.refused == partition
        }
        changed.raise()
        if isRefused { throw .notOwner }
    }

    func hold(partition: Int) { change { _ = $0.held.insert(partition) } }
    func resume(partition: Int) { change { _ = $0.held.remove(partition) } }
    func close() async { change { $0.isClosed = true } }

    func append(_ batch: RecordBatch, to topic: Topic) async throws(LogError) {}
    func partition(of key: NotificationID, in topic: Topic) -> Int { 0 }
    func partitionCount(of topic: Topic) async throws(LogError) -> Int { 4 }
    func endOffset(of topic: Topic, partition: Int) async throws(LogError) -> Int64 { 0 }

    func read(
        _ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration
    ) async throws(LogError) -> LogPage {
        LogPage(items: [], next: LogCursor(""))
    }
}
