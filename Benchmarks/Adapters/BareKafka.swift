import CLibrdkafka
import ChannelSDK
import Glibc
import KafkaLog
import Pipeline

/// What librdkafka does alone: one thread that hands it the records and hears its reports.
final class BareProducer {
    private final class Reports {
        var pending = 0
        var failure = RD_KAFKA_RESP_ERR_NO_ERROR
    }

    private let handle: OpaquePointer
    private let topic: OpaquePointer
    private let reports = Reports()
    private let batches: [(bytes: [UInt8], records: [(key: [UInt8], partition: Int32, range: Range<Int>)])]

    init(_ configuration: KafkaLog.Configuration, topic name: String, _ batches: [RecordBatch]) throws {
        let settings = configuration.producerSettings
        handle = try bareClient(RD_KAFKA_PRODUCER, configuration, settings) { [reports] conf in
            rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(reports).toOpaque())
            rd_kafka_conf_set_dr_msg_cb(conf) { _, message, opaque in
                guard let message, let opaque else { return }
                let reports = Unmanaged<Reports>.fromOpaque(opaque).takeUnretainedValue()
                reports.pending -= 1
                if message.pointee.err != RD_KAFKA_RESP_ERR_NO_ERROR { reports.failure = message.pointee.err }
            }
        }
        guard let topic = rd_kafka_topic_new(handle, name, nil) else {
            throw BackendRates.Failure("no topic \(name)")
        }
        self.topic = topic
        // The keys as texts are made beforehand.
        self.batches = batches.map { batch in
            let records = batch.entries.map { entry in
                let low = entry.key?.low ?? 0
                let partition = Int32(low % UInt64(configuration.partitions))
                return (Array((entry.key?.description ?? "").utf8), partition, entry.range)
            }
            return (batch.bytes, records)
        }
    }

    deinit {
        rd_kafka_topic_destroy(topic)
        rd_kafka_destroy(handle)
    }

    /// Returns when every record is reported; as many batches as on the other side are under way.
    func run() throws {
        for (bytes, records) in batches {
            while reports.pending > KafkaRates.batchSize * (KafkaRates.window - 1) { rd_kafka_poll(handle, 100) }
            try bytes.withUnsafeBytes { bytes in
                for record in records {
                    let value = UnsafeMutableRawPointer(
                        mutating: bytes.baseAddress.map { $0 + record.range.lowerBound })
                    let result = rd_kafka_produce(
                        topic, record.partition, RD_KAFKA_MSG_F_COPY, value, record.range.count, record.key,
                        record.key.count, nil)
                    guard result == 0 else { throw failure(rd_kafka_last_error()) }
                    reports.pending += 1
                }
            }
            rd_kafka_poll(handle, 0)
        }
        while reports.pending > 0 { rd_kafka_poll(handle, 100) }
        guard reports.failure == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(reports.failure) }
    }
}

/// Reads as a group's only member from one queue, a thousand records at a time.
enum BareConsumer {
    private final class Assignment {
        /// Where to begin, by partition.
        let offsets: [Int: Int64]
        var isMade = false

        init(_ offsets: [Int: Int64]) { self.offsets = offsets }
    }

    /// Measured from the assignment on, as on the other side.
    static func read(
        _ configuration: KafkaLog.Configuration, topic: String, from offsets: [Int: Int64], _ count: Int
    ) throws -> Spent {
        let assignment = Assignment(offsets)
        let settings = configuration.memberSettings(of: "bare")
        let handle = try bareClient(RD_KAFKA_CONSUMER, configuration, settings) { conf in
            rd_kafka_conf_set_opaque(conf, Unmanaged.passUnretained(assignment).toOpaque())
            rd_kafka_conf_set_rebalance_cb(conf) { handle, code, list, opaque in
                guard let list, let opaque else { return }
                BareConsumer.rebalance(
                    handle, code, list, Unmanaged<Assignment>.fromOpaque(opaque).takeUnretainedValue())
            }
        }
        defer { rd_kafka_destroy(handle) }
        rd_kafka_poll_set_consumer(handle)
        guard let queue = rd_kafka_queue_get_consumer(handle) else { throw BackendRates.Failure("no queue") }
        defer { rd_kafka_queue_destroy(queue) }
        let list = rd_kafka_topic_partition_list_new(1)
        defer { rd_kafka_topic_partition_list_destroy(list) }
        rd_kafka_topic_partition_list_add(list, topic, RD_KAFKA_PARTITION_UA)
        let code = rd_kafka_subscribe(handle, list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(code) }
        defer { rd_kafka_consumer_close(handle) }
        var check = ReadCheck(expected: count)
        var messages = [UnsafeMutablePointer<rd_kafka_message_t>?](repeating: nil, count: KafkaRates.batchSize)
        while !check.isComplete {
            // Without a wait it takes what there is; with one it would wait until the batch is full.
            let taken = rd_kafka_consume_batch_queue(queue, 0, &messages, messages.count)
            if assignment.isMade { check.begin() }
            for message in messages.prefix(max(0, taken)) { try take(message, &check) }
            if taken == 0 { usleep(100) }
        }
        return try check.spent()
    }

    private static func rebalance(
        _ handle: OpaquePointer?, _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>, _ assignment: Assignment
    ) {
        guard code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS else {
            rd_kafka_assign(handle, nil)
            return
        }
        for index in 0..<Int(list.pointee.cnt) {
            let partition = Int(list.pointee.elems[index].partition)
            list.pointee.elems[index].offset = assignment.offsets[partition] ?? 0
        }
        rd_kafka_assign(handle, list)
        assignment.isMade = true
    }

    private static func take(
        _ message: UnsafeMutablePointer<rd_kafka_message_t>?, _ check: inout ReadCheck
    ) throws {
        guard let message else { return }
        defer { rd_kafka_message_destroy(message) }
        guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else { throw failure(message.pointee.err) }
        let byte = message.pointee.payload?.load(as: UInt8.self)
        try check.note(Int(message.pointee.partition), message.pointee.offset, byte: byte)
    }
}

/// A client with the adapter's settings.
private func bareClient(
    _ type: rd_kafka_type_t, _ configuration: KafkaLog.Configuration, _ settings: [String: String],
    _ prepare: (OpaquePointer?) -> Void = { _ in }
) throws -> OpaquePointer {
    let conf = rd_kafka_conf_new()
    var all = settings.merging(configuration.properties) { $1 }
    all["bootstrap.servers"] = configuration.bootstrapServers
    // Errors alone: a producer warns of what only consumers have.
    all["log_level"] = "3"
    for (name, value) in all {
        guard rd_kafka_conf_set(conf, name, value, nil, 0) == RD_KAFKA_CONF_OK else {
            throw BackendRates.Failure("librdkafka refuses \(name)")
        }
    }
    prepare(conf)
    guard let handle = rd_kafka_new(type, conf, nil, 0) else { throw BackendRates.Failure("librdkafka does not start") }
    return handle
}

private func failure(_ code: rd_kafka_resp_err_t) -> BackendRates.Failure {
    .init("librdkafka: \(String(cString: rd_kafka_err2str(code)))")
}
