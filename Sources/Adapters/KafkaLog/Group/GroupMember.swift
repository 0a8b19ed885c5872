import CLibrdkafka
import Dispatch
import Logging
import Pipeline
import Synchronization

/// One member of a consumer group: a thread that keeps its place in the group, and the partitions that it owns.
///
/// A revoked partition is given back when the member's task has come back for more, or when its time is up: the other
/// members wait meanwhile.
final class GroupMember: LogSubscription {
    private enum Ending {
        /// Leaves the group, so that others take over at once.
        case leaving
        /// Goes without a word, as a process that dies does.
        case vanishing
        case failed(String)
    }

    private struct State {
        var shares = GroupShares<PartitionQueue>()
        var ending: Ending?
    }

    private let handle: KafkaHandle
    private let topic: String
    private let withHeaders: Bool
    private let revocationTimeout: Duration
    private let state = Mutex(State())
    private let ended = LogSignal()
    /// Raised when the member's task has come back.
    private let cameBack = DispatchSemaphore(value: 0)

    init(_ configuration: KafkaLog.Configuration, topic: Topic, group: String, logger: Logger) throws(KafkaLogError) {
        self.topic = configuration.prefix + topic.rawValue
        withHeaders = topic.isPublic
        revocationTimeout = configuration.revocationTimeout
        handle = try KafkaHandle(
            RD_KAFKA_CONSUMER, configuration, settings: configuration.memberSettings(of: group), logger: logger,
            rebalances: true)
        handle.context.onRebalance.withLock { rebalance in
            // Weakly: the client's callbacks must not keep its owner alive.
            rebalance = { [weak self] code, list in self?.rebalance(code, list) }
        }
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, self.topic, RD_KAFKA_PARTITION_UA)
        let code = rd_kafka_subscribe(handle.pointer, list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw KafkaLogError("Kafka: \(code.text)") }
        try WorkThread.start { [self] in keepPlace() }
    }

    // MARK: The member's task

    func next(limit: Int) async throws(LogError) -> SubscriptionEvent? {
        let arrivals = handle.context.arrivals
        while true {
            let generation = arrivals.generation
            let (ending, notice, turns, gaveBack) = state.withLock { state in
                let gaveBack = state.shares.comeBack()
                let notice = state.ending == nil ? state.shares.nextNotice() : nil
                return (state.ending, notice, notice == nil ? state.shares.turns : [], gaveBack)
            }
            if gaveBack { cameBack.signal() }
            switch ending {
            case .leaving, .vanishing: return nil
            case .failed(let reason): throw .unavailable(reason)
            case nil: if Task.isCancelled { return nil }
            }
            if let notice { return notice }
            if let records = take(turns, limit: max(limit, 1)) { return records }
            await arrivals.wait(past: generation)
        }
    }

    private func take(_ turns: [(partition: Int, queue: PartitionQueue)], limit: Int) -> SubscriptionEvent? {
        for (partition, queue) in turns {
            let (records, problem) = queue.take(limit)
            if let problem {
                handle.context.logger.warning(
                    "Kafka: \(problem)", metadata: ["topic": "\(topic)", "partition": "\(partition)"])
            }
            guard !records.isEmpty else { continue }
            state.withLock { $0.shares.served(partition) }
            return .records(partition: partition, records)
        }
        return nil
    }

    func commit(partition: Int, offset: Int64) async throws(LogError) {
        guard state.withLock({ $0.shares.commit(partition, offset) }) else { throw .notOwner }
    }

    func confirm(partition: Int, offset: Int64) async throws(LogError) {
        try await commit(partition: partition, offset: offset)
        let committer = OffsetCommitter(handle: handle, topic: topic)
        try await WorkThread.ask { committer.confirm(partition, offset, within: .seconds(5)) }
    }

    func hold(partition: Int) { state.withLock { $0.shares.hold(partition, true) } }

    func resume(partition: Int) {
        state.withLock { $0.shares.hold(partition, false) }
        handle.context.arrivals.raise()
    }

    func close() async {
        end(.leaving)
        await ended.wait(past: 0, upTo: .seconds(10), heedsCancellation: false)
    }

    var hasEnded: Bool { ended.generation > 0 }

    /// As a process that dies does: the group notices only when the session times out.
    func vanish() { end(.vanishing) }

    private func end(_ ending: Ending) {
        state.withLock { $0.ending = $0.ending ?? ending }
        handle.context.arrivals.raise()
        cameBack.signal()
    }

    private var ending: Ending? { state.withLock { $0.ending } }

    // MARK: The thread

    private func keepPlace() {
        var lastFlush = ContinuousClock.now
        while ending == nil {
            if let message = rd_kafka_consumer_poll(handle.pointer, 100) {
                defer { rd_kafka_message_destroy(message) }
                note(message.pointee)
            }
            guard lastFlush + .milliseconds(500) < .now else { continue }
            flushOffsets(within: .seconds(2))
            lastFlush = .now
        }
        if case .vanishing = ending {} else { rd_kafka_consumer_close(handle.pointer) }
        state.withLock { $0.shares = GroupShares() }
        ended.raise()
    }

    /// Records arrive in the partitions' own queues: what comes here is trouble.
    private func note(_ message: rd_kafka_message_t) {
        switch message.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR:
            // Never seen. Its record would be skipped: begin again behind the last commit.
            end(.failed("Kafka: a record of \(topic) came by an unexpected way"))
        case RD_KAFKA_RESP_ERR__FATAL: end(.failed("Kafka: \(message.err.text)"))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: break
        default: handle.context.logger.warning("Kafka: \(message.err.text)", metadata: ["topic": "\(topic)"])
        }
    }

    private func flushOffsets(within limit: Duration) {
        let offsets = state.withLock { $0.shares.unconfirmed }
        let taken = OffsetCommitter(handle: handle, topic: topic).commit(offsets, within: limit)
        state.withLock { $0.shares.confirm(taken) }
    }

    private func rebalance(_ code: rd_kafka_resp_err_t, _ list: KafkaHandle.Context.Partitions) {
        let partitions = (0..<Int(list.pointee.cnt)).map { list.pointee.elems[$0].partition }
        switch code {
        case RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS:
            var queues: [Int: PartitionQueue] = [:]
            for partition in partitions {
                queues[Int(partition)] = PartitionQueue(
                    handle, topic: topic, partition: partition, withHeaders: withHeaders)
            }
            rd_kafka_assign(handle.pointer, list)
            state.withLock { $0.shares.assign(queues) }
        default:
            giveBack(partitions.map(Int.init))
            rd_kafka_assign(handle.pointer, nil)
        }
        handle.context.arrivals.raise()
    }

    private func giveBack(_ partitions: [Int]) {
        state.withLock { $0.shares.revoke(partitions) }
        handle.context.arrivals.raise()
        let deadline = DispatchTime.now() + .milliseconds(Int(revocationTimeout.milliseconds))
        while state.withLock({ $0.ending == nil && $0.shares.isGivingBack }) {
            guard cameBack.wait(timeout: deadline) == .success else { break }
        }
        flushOffsets(within: .seconds(2))
        state.withLock { $0.shares.remove(partitions) }
    }
}
