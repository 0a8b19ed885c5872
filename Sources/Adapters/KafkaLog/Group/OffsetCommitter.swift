import CLibrdkafka

/// Commits a group's offsets and waits for the cluster's word, for no longer than it is told.
struct OffsetCommitter {
    let handle: KafkaHandle
    let topic: String

    /// Blocks. The offsets that the cluster has taken.
    func commit(_ offsets: [Int: Int64], within limit: Duration) -> [Int: Int64] {
        guard !offsets.isEmpty, let queue = rd_kafka_queue_new(handle.pointer) else { return [:] }
        defer { rd_kafka_queue_destroy(queue) }
        let list = rd_kafka_topic_partition_list_new(Int32(offsets.count))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        for (partition, offset) in offsets {
            rd_kafka_topic_partition_list_add(list, topic, Int32(partition)).pointee.offset = offset
        }
        guard rd_kafka_commit_queue(handle.pointer, list, queue, nil, nil) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let event = rd_kafka_queue_poll(queue, limit.milliseconds)
        else { return [:] }
        defer { rd_kafka_event_destroy(event) }
        guard rd_kafka_event_error(event) == RD_KAFKA_RESP_ERR_NO_ERROR,
            let answered = rd_kafka_event_topic_partition_list(event)
        else { return [:] }
        var taken: [Int: Int64] = [:]
        for index in 0..<Int(answered.pointee.cnt) {
            let element = answered.pointee.elems[index]
            if element.err == RD_KAFKA_RESP_ERR_NO_ERROR { taken[Int(element.partition)] = element.offset }
        }
        return taken
    }
}
