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
        // Where the cluster does not let us create topics, it may still make them itself: what then lacks is seen after.
        let refusals = missing.isEmpty ? [:] : try create(missing)
        for name in names {
            // Asked for by name, a topic is also warm: the first append need not look for its leaders.
            let count = try partitionCount(of: name, refusals[name])
            guard count == configuration.partitions else {
                throw KafkaLogError(
                    "Kafka: topic \(name) has \(count) partitions, the configuration says \(configuration.partitions); "
                        + "change either, but never a topic that holds records: their keys would move"
                        + Self.note(refusals[name]))
            }
        }
    }

    /// Why the topic is not as it would be, had we made it.
    private static func note(_ refusal: String?) -> String {
        refusal.map { " (the cluster did not let Switchboard create it: \($0))" } ?? ""
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

    private func partitionCount(of name: String, _ refusal: String?) throws(KafkaLogError) -> Int {
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
                throw KafkaLogError("Kafka: topic \(name) can't be used: \(code.text)\(Self.note(refusal))")
            }
            usleep(100_000)
        }
    }

    /// What topics of our making are set to.
    static func properties(_ configuration: KafkaLog.Configuration) -> [(name: String, value: String)] {
        var properties = [("max.message.bytes", "\(maxMessageBytes)")]
        // `acks=all` waits for the replicas that are in sync, which can be the leader alone: then a record that was
        // acknowledged is gone with it. With three, one may be away, and appends go on.
        if configuration.replicationFactor ?? 0 >= 3 { properties.append(("min.insync.replicas", "2")) }
        return properties
    }

    /// By topic, why the cluster did not create it.
    private func create(_ names: [String]) throws(KafkaLogError) -> [String: String] {
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
        for topic in topics {
            for (name, value) in Self.properties(configuration) { rd_kafka_NewTopic_set_config(topic, name, value) }
        }
        rd_kafka_CreateTopics(handle.pointer, &topics, topics.count, options, queue)
        // The request's own time limit is librdkafka's to keep: its answer comes then, and says so.
        guard let event = rd_kafka_queue_poll(queue, 2 * configuration.requestTimeout.milliseconds) else {
            return Dictionary(uniqueKeysWithValues: names.map { ($0, "no answer") })
        }
        defer { rd_kafka_event_destroy(event) }
        return Self.refusals(event, names)
    }

    private static func refusals(_ event: OpaquePointer, _ names: [String]) -> [String: String] {
        let overall = rd_kafka_event_error(event)
        guard overall == RD_KAFKA_RESP_ERR_NO_ERROR, let result = rd_kafka_event_CreateTopics_result(event) else {
            return Dictionary(uniqueKeysWithValues: names.map { ($0, overall.text) })
        }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(result, &count)
        var refusals: [String: String] = [:]
        for index in 0..<count {
            guard let topic = results?[index], let name = rd_kafka_topic_result_name(topic) else { continue }
            let code = rd_kafka_topic_result_error(topic)
            // Another replica, which started with us, was quicker.
            if code == RD_KAFKA_RESP_ERR_NO_ERROR || code == RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS { continue }
            refusals[String(cString: name)] =
                rd_kafka_topic_result_error_string(topic).map { String(cString: $0) } ?? code.text
        }
        return refusals
    }
}
