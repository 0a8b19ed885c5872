import CLibrdkafka
import ChannelSDK
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
                let firsts = try ask(topic, partitions, Self.beginning)
                let ends = try ask(topic, partitions, Self.end)
                return zip(firsts, ends).map { Partition(first: $0, end: $1) }
            }
        }
    }

    func ends(_ topic: Topic) async throws(LogError) -> [Int64] {
        try await WorkThread.ask {
            Result { () throws(LogError) in
                try ask(topic, Array(0..<configuration.partitions), Self.end)
            }
        }
    }

    /// Of each partition the first record that was appended at `moment` or later; where there is none, the end.
    func offsets(_ topic: Topic, at moment: Timestamp) async throws(LogError) -> [Int64] {
        try await WorkThread.ask {
            Result { () throws(LogError) in
                let partitions = Array(0..<configuration.partitions)
                let found = try ask(topic, partitions, max(0, moment.milliseconds), orNone: true)
                // Asked for afterwards: what is appended in between is behind the moment anyway.
                return zip(found, try ask(topic, partitions, Self.end)).map { $0 < 0 ? $1 : $0 }
            }
        }
    }

    private static var beginning: Int64 { Int64(RD_KAFKA_OFFSET_BEGINNING) }
    private static var end: Int64 { Int64(RD_KAFKA_OFFSET_END) }

    /// Blocks.
    func end(_ topic: Topic, _ partition: Int) -> Result<Int64, LogError> {
        Result { () throws(LogError) in try ask(topic, [partition], Self.end)[0] }
    }

    /// Offsets by time, of which the logical ones stand for the ends. Not `rd_kafka_query_watermark_offsets`, which heeds
    /// its time limit only until it knows the leader.
    /// - Parameter orNone: a moment may be behind the last record: the offset is below 0 then.
    private func ask(
        _ topic: Topic, _ partitions: [Int], _ moment: Int64, orNone: Bool = false
    ) throws(LogError) -> [Int64] {
        let list = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        defer { rd_kafka_topic_partition_list_destroy(list) }
        let name = configuration.prefix + topic.rawValue
        for partition in partitions {
            rd_kafka_topic_partition_list_add(list, name, Int32(partition)).pointee.offset = moment
        }
        let code = rd_kafka_offsets_for_times(handle.pointer, list, configuration.requestTimeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else { throw .unavailable("Kafka: \(code.text)") }
        var offsets: [Int64] = []
        for index in partitions.indices {
            let element = list.pointee.elems[index]
            guard element.err == RD_KAFKA_RESP_ERR_NO_ERROR, element.offset >= 0 || orNone else {
                throw .unavailable("Kafka: the end of \(name) \(element.partition): \(element.err.text)")
            }
            offsets.append(element.offset)
        }
        return offsets
    }
}
