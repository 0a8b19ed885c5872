import CLibrdkafka
import Pipeline

/// Commits a group's offsets and waits for the cluster's word, for no longer than it is told.
struct OffsetCommitter: Sendable {
    let handle: KafkaHandle
    let topic: String

    /// Blocks. The offsets that the cluster has taken.
    func commit(_ offsets: [Int: Int64], within limit: Duration) -> [Int: Int64] {
        offsets.isEmpty
            ? [:]
            : answers(to: offsets, limit).filter { $0.value == RD_KAFKA_RESP_ERR_NO_ERROR }
                .reduce(into: [:]) { $0[$1.key] = offsets[$1.key] }
    }

    /// Blocks. Fails with ``LogError/notOwner`` when the cluster says that the group has gone on without this member.
    func confirm(_ partition: Int, _ offset: Int64, within limit: Duration) -> Result<Void, LogError> {
        switch answers(to: [partition: offset], limit)[partition] {
        case RD_KAFKA_RESP_ERR_NO_ERROR: .success(())
        case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION,
            RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID:
            .failure(.notOwner)
        case let code?: .failure(.unavailable("Kafka: \(code.text)"))
        case nil: .failure(.unavailable("Kafka: the group's coordinator does not answer"))
        }
    }

    private func answers(to offsets: [Int: Int64], _ limit: Duration) -> [Int: rd_kafka_resp_err_t] {
        guard let queue = rd_kafka_queue_new(handle.pointer) else { return [:] }
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
        let overall = rd_kafka_event_error(event)
        guard let answered = rd_kafka_event_topic_partition_list(event) else {
            return overall == RD_KAFKA_RESP_ERR_NO_ERROR ? [:] : offsets.mapValues { _ in overall }
        }
        var codes: [Int: rd_kafka_resp_err_t] = [:]
        for index in 0..<Int(answered.pointee.cnt) {
            let element = answered.pointee.elems[index]
            codes[Int(element.partition)] = overall == RD_KAFKA_RESP_ERR_NO_ERROR ? element.err : overall
        }
        return codes
    }
}
