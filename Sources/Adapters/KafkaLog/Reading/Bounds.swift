import CLibrdkafka
import Pipeline

/// Asks the cluster where partitions begin and end.
struct Bounds: Sendable {
    struct Partition: Sendable {
        /// The oldest record that is kept.
        let first: Int64
        /// The offset that the next record will have.
        let end: Int64
    }

    let handle: KafkaHandle
    let configuration: KafkaLog.Configuration

    func all(_ topic: Topic) async throws(LogError) -> [Partition] {
        try await WorkThread.ask {
            Result { () throws(LogError) in
                let partitions = Array(0..<configuration.partitions)
                let firsts = try ask(topic, partitions, RD_KAFKA_OFFSET_BEGINNING)
                let ends = try ask(topic, partitions, RD_KAFKA_OFFSET_END)
                return zip(firsts, ends).map { Partition(first: $0, end: $1) }
            }
        }
    }

    func ends(_ topic: Topic) async throws(LogError) -> [Int64] {
        try await WorkThread.ask {
            Result { () throws(LogError) in
                try ask(topic, Array(0..<configuration.partitions), RD_KAFKA_OFFSET_END)
            }
        }
    }

    /// Blocks.
    func end(_ topic: Topic, _ partition: Int) -> Result<Int64, LogError> {
        Result { () throws(LogError) in try ask(topic, [partition], RD_KAFKA_OFFSET_END)[0] }
    }

    /// Offsets by time, of which the logical ones stand for the ends. Not `rd_kafka_query_watermark_offsets`, which heeds
    /// its time limit only until it knows the leader.
    private func ask(_ topic: Topic, _ partitions: [Int], _ moment: Int32) throws(LogError) -> [Int64] {
        let list = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        let name = configuration.prefix + topic.rawValue
        for partition in partitions {
            rd_kafka_topic_partition_list_add(list, name, Int32(partition)).pointee.offset = Int64(moment)
        }
        let code = rd_kafka_offsets_for_times(handle.pointer, list, configuration.requestTimeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { throw .unavailable("Kafka: \(code.text)") }
        var offsets: [Int64] = []
        for index in partitions.indices {
            let element = list.pointee.elems[index]
            guard element.err == RD_KAFKA_RESP_ERR_NO_ERROR, element.offset >= 0 else {
                throw .unavailable("Kafka: the end of \(name) \(element.partition): \(element.err.text)")
            }
            offsets.append(element.offset)
        }
        return offsets
    }
}
