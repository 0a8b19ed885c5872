import CLibrdkafka
import Logging
import Pipeline

/// A consumer that reads partitions from given offsets, outside any group's sharing.
struct AssignedConsumer: Sendable {
    enum Reading {
        case record(partition: Int, LogRecord)
        /// There is no more at the moment.
        case end(partition: Int)
        case nothing
        /// The offset to read next is gone.
        case outOfRange
        case failed(String)
    }

    private let handle: KafkaHandle

    /// - Parameter positions: the partitions to read, and where to begin.
    init(
        _ configuration: KafkaLog.Configuration, topic: String, positions: [Int: Int64], logger: Logger
    ) throws(LogError) {
        do {
            handle = try KafkaHandle(
                RD_KAFKA_CONSUMER, configuration,
                settings: [
                    // Never joined, and nothing is committed to it; librdkafka wants a name.
                    "group.id": "\(configuration.consumerGroup).readers", "enable.auto.commit": "false",
                    "enable.auto.offset.store": "false", "auto.offset.reset": "error",
                    "enable.partition.eof": "true", "queued.min.messages": "1000",
                    "queued.max.messages.kbytes": "4096", "fetch.message.max.bytes": "1048576",
                ], logger: logger)
        } catch {
            throw .unavailable(error.description)
        }
        let list = rd_kafka_topic_partition_list_new(Int32(positions.count))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in positions {
            rd_kafka_topic_partition_list_add(list, topic, Int32(partition)).pointee.offset = offset
        }
        let code = rd_kafka_assign(handle.pointer, list)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw .unavailable("Kafka: \(code.text)") }
    }

    /// Blocks up to `wait` milliseconds.
    func read(wait: Int32) -> Reading {
        guard let message = rd_kafka_consumer_poll(handle.pointer, wait) else { return .nothing }
        defer { rd_kafka_message_destroy(message) }
        let partition = Int(message.pointee.partition)
        switch message.pointee.err {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .record(partition: partition, LogRecord(message))
        case RD_KAFKA_RESP_ERR__PARTITION_EOF: return .end(partition: partition)
        case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE: return .outOfRange
        default: return .failed("Kafka: \(message.pointee.err.text)")
        }
    }
}
