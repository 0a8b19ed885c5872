import ChannelSDK
import KafkaLog
import Logging
import Pipeline

/// Records per second into and out of Kafka. What is to be read is read in the round that appended it: a cluster in memory
/// keeps no more than 5 MiB of each partition, and whoever misses a record finds out here.
struct KafkaRates {
    static let partitions = 4
    static let batchSize = 1000
    /// Batches that are under way at the same time: so many that neither side is held up by the time of an answer.
    static let window = 32
    static let batches = 40
    /// A round writes the batches so many times over: such a cluster delays an answer now and then by 40 ms, for it lets
    /// Nagle's algorithm wait for an acknowledgement.
    static let passes = 10
    static let valueSize = 200

    /// Room for a round. A client whose queues are full fetches nothing for a second, in this version of librdkafka: how
    /// often that happens in a second or two would be all that is measured.
    private static let properties = ["queued.min.messages": "100000", "queued.max.messages.kbytes": "65536"]

    let brokers: String
    let rounds: Int

    private static var total: Int { batches * batchSize }

    private static let written = Topic.webhookReceived
    private static let read = Topic.deliveryReport

    func run() async throws {
        var logger = Logger(label: "kafka")
        logger.logLevel = .error
        let prefix = "rates-\(UInt32.random(in: 0 ... .max))."
        let configuration = KafkaLog.Configuration(
            bootstrapServers: brokers, partitions: Self.partitions, prefix: prefix, consumerGroup: prefix + "group",
            properties: Self.properties)
        let log = try await KafkaLog.open(configuration, logger: logger)
        let batches = (0..<Self.batches).map(Self.batch)
        let passes = Array(repeating: batches, count: Self.passes).flatMap(\.self)
        // To one topic: how fast it is depends on which broker leads which partition, and that is drawn by lot.
        let bare = try BareProducer(configuration, topic: prefix + Self.written.rawValue, passes)

        var produce = Comparison("KafkaLog produce", beside: "bare librdkafka", aim: 0.8)
        var consume = Comparison("KafkaLog consume", beside: "bare librdkafka", aim: 0.8)
        var offsets = Dictionary(uniqueKeysWithValues: (0..<Self.partitions).map { ($0, Int64(0)) })
        // The first round warms up: connections, leaders, the producer's id.
        for round in 0...rounds {
            let count = Self.total * Self.passes
            let ours = try await Spent.measure(count) { try await Self.append(passes, to: Self.written, of: log) }
            let theirs = try Spent.measure(count) { try bare.run() }
            if round > 0 { produce.add(ours: ours, bare: theirs) }
            // Both read the records of the one topic, from the same offsets.
            try await Self.append(batches, to: Self.read, of: log)
            let (read, next) = try await Self.read(log)
            let bareRead = try BareConsumer.read(
                configuration, topic: prefix + Self.read.rawValue, from: offsets, Self.total)
            offsets = next
            if round > 0 { consume.add(ours: read, bare: bareRead) }
        }
        await log.close()
        try produce.print()
        try consume.print()
    }

    /// Records as they are here: ids for keys, texts that a compressor finds something in, but not everything.
    private static func batch(_ number: Int) -> RecordBatch {
        var batch = RecordBatch()
        batch.reserve(records: batchSize, bytes: batchSize * valueSize)
        for _ in 0..<batchSize {
            let key = NotificationID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max))
            batch.append(key: key) { bytes in
                let end = bytes.count + valueSize
                while bytes.count < end {
                    bytes += "{\"reported\":\"delivered\",\"id\":\"\(UInt64.random(in: 0 ... .max))\"}".utf8
                }
                bytes.removeLast(bytes.count - end)
            }
        }
        return batch
    }

    private static func append(_ batches: [RecordBatch], to topic: Topic, of log: KafkaLog) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (index, batch) in batches.enumerated() {
                if index >= window { try await group.next() }
                group.addTask { try await log.append(batch, to: topic) }
            }
            try await group.waitForAll()
        }
    }

    /// Reads the round's records; measured from the assignment on, for a group takes seconds to form.
    /// - Returns: besides, the offset after the last one, by partition.
    private static func read(_ log: KafkaLog) async throws -> (spent: Spent, next: [Int: Int64]) {
        let subscription = try await log.subscribe(to: Self.read, group: "rates")
        var check = ReadCheck(expected: total)
        while !check.isComplete, let event = try await subscription.next(limit: batchSize) {
            check.begin()
            guard case .records(let partition, let records) = event else { continue }
            for record in records { try check.note(partition, record.offset, byte: record.value.first) }
            if let next = check.next[partition] { try await subscription.commit(partition: partition, offset: next) }
        }
        let spent = try check.spent()
        await subscription.close()
        return (spent, check.next)
    }
}

/// That every record of a round comes, once and in order.
struct ReadCheck {
    let expected: Int
    private(set) var next: [Int: Int64] = [:]
    private var count = 0
    private var watch: Stopwatch?

    init(expected: Int) { self.expected = expected }

    var isComplete: Bool { count >= expected }

    /// At the assignment, before any record.
    mutating func begin() { watch = watch ?? Stopwatch() }

    mutating func note(_ partition: Int, _ offset: Int64, byte: UInt8?) throws {
        guard offset == next[partition] ?? offset, byte == UInt8(ascii: "{") else {
            throw BackendRates.Failure("partition \(partition): not the record that was expected at \(offset)")
        }
        next[partition] = offset + 1
        count += 1
    }

    func spent() throws -> Spent {
        guard let watch, count == expected else {
            throw BackendRates.Failure("\(count) of \(expected) records came")
        }
        return watch.spent(on: count)
    }
}
