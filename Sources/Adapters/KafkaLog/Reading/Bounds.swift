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
                var all: [Partition] = []
                for partition in 0..<configuration.partitions { all.append(try ask(topic, partition).get()) }
                return all
            }
        }
    }

    /// Blocks.
    func ask(_ topic: Topic, _ partition: Int) -> Result<Partition, LogError> {
        var (first, end) = (Int64(0), Int64(0))
        let code = rd_kafka_query_watermark_offsets(
            handle.pointer, configuration.prefix + topic.rawValue, Int32(partition), &first, &end,
            configuration.requestTimeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { return .failure(.unavailable("Kafka: \(code.text)")) }
        return .success(Partition(first: first, end: end))
    }
}
