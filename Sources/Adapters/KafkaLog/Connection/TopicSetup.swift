import CLibrdkafka
import Glibc
import Pipeline

/// Makes sure that every topic is there and has as many partitions as configured: keys go to the same partition of each.
struct TopicSetup {
    let handle: KafkaHandle
    let configuration: KafkaLog.Configuration

    /// A record of the largest size with room for what surrounds it.
    static let maxMessageBytes = RecordBatch.mostValueBytes + 1 << 20

    /// Blocks; until the cluster agrees, or its time is up.
    func run(_ names: [String]) throws(KafkaLogError) {
        let existing = try partitionCounts()
        let missing = names.filter { existing[$0] == nil }
        if !missing.isEmpty { try create(missing) }
        for name in names {
            // Asked for by name, a topic is also warm: the first append need not look for its leaders.
            let count = try partitionCount(of: name)
            guard count == configuration.partitions else {
                throw KafkaLogError(
                    "Kafka: topic \(name) has \(count) partitions, the configuration says \(configuration.partitions); "
                        + "change either, but never a topic that holds records: their keys would move")
            }
        }
    }

    private func partitionCounts() throws(KafkaLogError) -> [String: Int] {
        var metadata: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 1, nil, &metadata, configuration.requestTimeout.milliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata else {
            throw KafkaLogError("Kafka: the cluster does not answer: \(code.text); see kafka.brokers")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        var counts: [String: Int] = [:]
        for index in 0..<Int(metadata.pointee.topic_cnt) {
            let topic = metadata.pointee.topics[index]
            counts[String(cString: topic.topic)] = Int(topic.partition_cnt)
        }
        return counts
    }

    private func partitionCount(of name: String) throws(KafkaLogError) -> Int {
        let topic = rd_kafka_topic_new(handle.pointer, name, nil)
        defer { if let topic { rd_kafka_topic_destroy(topic) } }
        let deadline = ContinuousClock.now + configuration.deliveryTimeout
        while true {
            var metadata: UnsafePointer<rd_kafka_metadata>?
            var code = rd_kafka_metadata(
                handle.pointer, 0, topic, &metadata, configuration.requestTimeout.milliseconds)
            if let metadata {
                defer { rd_kafka_metadata_destroy(metadata) }
                if metadata.pointee.topic_cnt == 1 {
                    code = metadata.pointee.topics[0].err
                    let count = Int(metadata.pointee.topics[0].partition_cnt)
                    if code == RD_KAFKA_RESP_ERR_NO_ERROR, count > 0 { return count }
                }
            }
            // A new topic takes a moment to be known to every broker.
            guard ContinuousClock.now < deadline else {
                throw KafkaLogError("Kafka: topic \(name) can't be used: \(code.text)")
            }
            usleep(100_000)
        }
    }

    /// Where the cluster does not let us create topics, it may still make them itself; what then lacks is seen after.
    private func create(_ names: [String]) throws(KafkaLogError) {
        let queue = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        let options = rd_kafka_AdminOptions_new(handle.pointer, RD_KAFKA_ADMIN_OP_CREATETOPICS)
        defer { rd_kafka_AdminOptions_destroy(options) }
        rd_kafka_AdminOptions_set_request_timeout(options, configuration.requestTimeout.milliseconds, nil, 0)
        var topics: [OpaquePointer?] = names.map {
            rd_kafka_NewTopic_new(
                $0, Int32(configuration.partitions), Int32(configuration.replicationFactor ?? -1), nil, 0)
        }
        defer { for topic in topics { if let topic { rd_kafka_NewTopic_destroy(topic) } } }
        guard topics.allSatisfy({ $0 != nil }) else {
            throw KafkaLogError("Kafka: the topics can't be created with this prefix or replication factor")
        }
        for topic in topics { rd_kafka_NewTopic_set_config(topic, "max.message.bytes", "\(Self.maxMessageBytes)") }
        rd_kafka_CreateTopics(handle.pointer, &topics, topics.count, options, queue)
        if let event = rd_kafka_queue_poll(queue, configuration.requestTimeout.milliseconds) {
            rd_kafka_event_destroy(event)
        }
    }
}
