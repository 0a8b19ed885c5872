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
    private let withHeaders: Bool

    /// To be made before the partition is assigned: then no record goes another way.
    init?(_ handle: KafkaHandle, topic: UnsafePointer<CChar>, partition: Int32, withHeaders: Bool) {
        guard let pointer = rd_kafka_queue_get_partition(handle.pointer, topic, partition) else { return nil }
        self.pointer = pointer
        self.handle = handle
        self.withHeaders = withHeaders
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

    /// What has arrived, at most `limit`, and no more bytes than librdkafka lets the queue hold; does not wait.
    /// `problem`: what librdkafka says in the place of a record.
    func take(_ limit: Int) -> (records: [LogRecord], problem: String?) {
        withUnsafeTemporaryAllocation(of: LogRecord.Message?.self, capacity: limit) { messages in
            messages.initialize(repeating: nil)
            let count = max(0, rd_kafka_consume_batch_queue(pointer, 0, messages.baseAddress, limit))
            let taken = UnsafeBufferPointer(rebasing: messages[..<count])
            defer { for message in taken { rd_kafka_message_destroy(message) } }
            let problem = taken.lazy.compactMap { $0?.pointee.err }.first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
            return (LogRecord.records(taken, withHeaders: withHeaders), problem?.text)
        }
    }
}
