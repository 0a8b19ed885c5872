public import ChannelSDK
public import Logging
public import Pipeline
import Synchronization

/// The log at scale: topics of a Kafka cluster, through librdkafka.
///
/// Appends are idempotent and wait for all in-sync replicas. Keys are ids as text. Records without a key go to any
/// partition, a batch at a time.
public final class KafkaLog: EventLog {
    private struct State {
        /// Nil once closed.
        var producer: Producer?
        var members: [GroupMember] = []
    }

    let configuration: Configuration
    let logger: Logger
    private let reader: KafkaReader
    private let state: Mutex<State>
    private let appends = Atomic(0)
    private let appendedRecords = Atomic(0)

    private init(_ configuration: Configuration, _ producer: Producer, _ logger: Logger) {
        self.configuration = configuration
        self.logger = logger
        reader = KafkaReader(configuration, logger: logger)
        state = Mutex(State(producer: producer))
    }

    /// Connects, creates topics that are missing where the cluster allows it, and checks the others.
    public static func open(_ configuration: Configuration, logger: Logger) async throws(KafkaLogError) -> KafkaLog {
        try configuration.check()
        let producer = try Producer(configuration, logger: logger)
        let setup = TopicSetup(handle: producer.handle, configuration: configuration)
        do {
            try await WorkThread.ask {
                Result { () throws(KafkaLogError) in
                    try setup.run(Topic.all.map { configuration.prefix + $0.rawValue })
                }
            }
        } catch {
            producer.retire()
            throw error
        }
        return KafkaLog(configuration, producer, logger)
    }

    /// Leaves all groups, and returns when every append has its answer. The log can't be used after.
    public func close() async {
        let (producer, members) = state.withLock { state in
            defer { state = State(producer: nil) }
            return (state.producer, state.members)
        }
        reader.close()
        await withTaskGroup { group in
            for member in members { group.addTask { await member.close() } }
        }
        await producer?.close()
    }

    /// Lets go of everything as a process that dies does: groups notice when the sessions time out.
    func vanish() {
        let (producer, members) = state.withLock { state in
            defer { state = State(producer: nil) }
            return (state.producer, state.members)
        }
        reader.close()
        for member in members { member.vanish() }
        producer?.retire()
    }

    public func subscribe(to topic: Topic, group: String) async throws(LogError) -> any LogSubscription {
        do {
            let member = try GroupMember(configuration, topic: topic, group: group, logger: logger)
            let isOpen = state.withLock { state in
                state.members.removeAll(where: \.hasEnded)
                state.members.append(member)
                return state.producer != nil
            }
            if !isOpen { await member.close() }
            return member
        } catch {
            throw .unavailable(error.description)
        }
    }

    public func append(_ batch: RecordBatch, to topic: Topic) async throws(LogError) {
        guard !batch.isEmpty else { return }
        appends.add(1, ordering: .relaxed)
        appendedRecords.add(batch.count, ordering: .relaxed)
        // A message can run out of time while another, that was behind it in the same batch, is stored. Of public changes
        // the later one goes only when the earlier is in the log.
        for round in topic == .statusChange ? batch.oneForEachKey() : [batch] {
            try await producer().append(round, to: configuration.prefix + topic.rawValue)
        }
    }

    /// Batches that were handed to the producer since the start, and the records in them.
    public var appendCounts: (batches: Int, records: Int) {
        (appends.load(ordering: .relaxed), appendedRecords.load(ordering: .relaxed))
    }

    public func partition(of key: NotificationID, in topic: Topic) -> Int { configuration.partition(of: key) }

    public func partitionCount(of topic: Topic) async throws(LogError) -> Int { configuration.partitions }

    public func endOffset(of topic: Topic, partition: Int) async throws(LogError) -> Int64 {
        guard (0..<configuration.partitions).contains(partition) else {
            throw .unavailable("Kafka: there is no partition \(partition) of \(topic)")
        }
        return try await producer().ends.answer(.init(topic: topic, partition: partition))
    }

    public func endOffsets(of topic: Topic) async throws(LogError) -> [Int64] {
        try await bounds().ends(topic)
    }

    public func read(
        _ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration
    ) async throws(LogError) -> LogPage {
        try await reader.read(topic, after: cursor, limit: limit, wait: wait, bounds: bounds())
    }

    func bounds() throws(LogError) -> Bounds { try producer().bounds }

    /// The producer; a new one in the place of one that has failed for good.
    func producer() throws(LogError) -> Producer {
        let (configuration, logger) = (configuration, logger)
        let (current, failed) = try state.withLock { state throws(LogError) -> (Producer, Producer?) in
            guard let current = state.producer else { throw .unavailable("Kafka: the log is closed") }
            guard current.hasFailed else { return (current, nil) }
            do throws(KafkaLogError) {
                let next = try Producer(configuration, logger: logger)
                state.producer = next
                return (next, current)
            } catch {
                throw .unavailable(error.description)
            }
        }
        if failed != nil { logger.warning("Kafka: the producer has failed for good; another one takes its place") }
        failed?.retire()
        return current
    }
}
