/// What the clients ask of librdkafka, on top of the operator's properties. The benchmarks' bare loops ask for the same.
extension KafkaLog.Configuration {
    package var producerSettings: [String: String] {
        [
            "enable.idempotence": "true", "acks": "all",
            "delivery.timeout.ms": "\(deliveryTimeout.milliseconds)",
            "linger.ms": "5", "batch.num.messages": "10000", "compression.codec": "lz4",
            "socket.nagle.disable": "true",
            // What the topics that we create take; and a bound for what waits for the brokers.
            "message.max.bytes": "\(TopicSetup.maxMessageBytes)",
            "queue.buffering.max.messages": "500000", "queue.buffering.max.kbytes": "131072",
        ]
    }

    package func memberSettings(of group: String) -> [String: String] {
        [
            "group.id": "\(consumerGroup).\(group)", "enable.auto.commit": "false",
            "enable.auto.offset.store": "false", "auto.offset.reset": "earliest",
            "partition.assignment.strategy": "range", "session.timeout.ms": "10000",
            "heartbeat.interval.ms": "2000",
            // Of each partition, since each has a queue of its own.
            "queued.min.messages": "4000", "queued.max.messages.kbytes": "2048",
            "fetch.message.max.bytes": "1048576", "fetch.wait.max.ms": "100",
        ]
    }
}
