import CLibrdkafka
import Pipeline

/// The records of one assigned partition, apart from those of all others, so that a partition nobody takes from just now
/// holds up no other: librdkafka fetches no more of it once its queue is full.
///
/// Unchecked: the pointer never changes, and librdkafka's queues may be used from any thread.
final class PartitionQueue: @unchecked Sendable {
    private let pointer: OpaquePointer
    /// Outlives the queue.
    private let handle: KafkaHandle

    static let byteLimit = 8 << 20

    /// To be made before the partition is assigned: then no record goes another way.
    init?(_ handle: KafkaHandle, topic: UnsafePointer<CChar>, partition: Int32) {
        guard let pointer = rd_kafka_queue_get_partition(handle.pointer, topic, partition) else { return nil }
        self.pointer = pointer
        self.handle = handle
        rd_kafka_queue_forward(pointer, nil)
        rd_kafka_queue_cb_event_enable(
            pointer,
            { _, opaque in
                guard let opaque else { return }
                Unmanaged<KafkaHandle.Context>.fromOpaque(opaque).takeUnretainedValue().arrivals.raise()
            }, Unmanaged.passUnretained(handle.context).toOpaque())
    }

    deinit {
        rd_kafka_queue_cb_event_enable(pointer, nil, nil)
        rd_kafka_queue_destroy(pointer)
    }

    /// What has arrived, at most `limit`; does not wait. `problem`: what librdkafka says in the place of a record.
    func take(_ limit: Int) -> (records: [LogRecord], problem: String?) {
        var messages: [LogRecord.Message] = []
        defer { for message in messages { rd_kafka_message_destroy(message) } }
        var bytes = 0
        while messages.count < limit, bytes < Self.byteLimit, let message = rd_kafka_consume_queue(pointer, 0) {
            guard message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
                defer { rd_kafka_message_destroy(message) }
                return (LogRecord.records(messages), message.pointee.err.text)
            }
            messages.append(message)
            bytes += message.pointee.len
        }
        return (LogRecord.records(messages), nil)
    }
}
