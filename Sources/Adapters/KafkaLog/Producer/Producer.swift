import CLibrdkafka
import ChannelSDK
import Logging
import Pipeline
import Synchronization

/// One idempotent producer, and the thread that polls it for delivery reports.
final class Producer: Sendable {
    private struct Use {
        var isClosed = false
        var appending = 0
    }

    let handle: KafkaHandle
    let bounds: Bounds
    /// Where partitions end.
    let ends: SharedQuestions
    private let configuration: KafkaLog.Configuration
    private let use = Mutex(Use())
    private let ended = LogSignal()
    /// Spreads records without a key, a batch at a time.
    private let turn = Atomic(0)

    init(_ configuration: KafkaLog.Configuration, logger: Logger) throws(KafkaLogError) {
        self.configuration = configuration
        handle = try KafkaHandle(
            RD_KAFKA_PRODUCER, configuration, settings: configuration.producerSettings, logger: logger)
        let bounds = Bounds(handle: handle, configuration: configuration)
        self.bounds = bounds
        ends = SharedQuestions { bounds.end($0.topic, $0.partition) }
        try WorkThread.start { [self] in poll() }
    }

    /// True when it takes no more records, ever: another producer is needed.
    var hasFailed: Bool { rd_kafka_fatal_error(handle.pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR }

    func append(_ batch: RecordBatch, to topicName: String) async throws(LogError) {
        let isOpen = use.withLock { use in
            if !use.isClosed { use.appending += 1 }
            return !use.isClosed
        }
        guard isOpen else { throw .unavailable("Kafka: the log is closed") }
        let tracker = DeliveryTracker(count: batch.count)
        enqueue(batch, topicName, tracker)
        use.withLock { $0.appending -= 1 }
        try await tracker.wait()
    }

    private func enqueue(_ batch: RecordBatch, _ topicName: String, _ tracker: DeliveryTracker) {
        let reference = tracker.retained()
        let topic = rd_kafka_topic_new(handle.pointer, topicName, nil)
        defer { if let topic { rd_kafka_topic_destroy(topic) } }
        let keyless = turn.add(1, ordering: .relaxed).newValue % configuration.partitions
        var code = topic == nil ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR
        var taken = 0
        if let topic {
            Self.withMessages(batch, reference) { messages in
                for (index, entry) in batch.entries.enumerated() {
                    messages[index].partition = Int32(entry.key.map { configuration.partition(of: $0) } ?? keyless)
                }
                let haveHeaders = batch.entries.contains { !$0.headers.isEmpty }
                (taken, code) = haveHeaders ? enqueueEach(messages, batch, topic) : Self.enqueue(messages, topic)
            }
        }
        // What was not taken will have no report from librdkafka.
        if taken < batch.count { DeliveryTracker.report(reference, count: batch.count - taken, code: code) }
    }

    /// Has `body` see the batch's records in librdkafka's form, without their partitions.
    private static func withMessages(
        _ batch: RecordBatch, _ reference: UnsafeMutableRawPointer,
        _ body: (UnsafeMutableBufferPointer<rd_kafka_message_t>) -> Void
    ) {
        var keys = [UInt8](repeating: 0, count: batch.count * NotificationID.textLength)
        var messages = [rd_kafka_message_t](repeating: rd_kafka_message_t(), count: batch.count)
        keys.withUnsafeMutableBufferPointer { keys in
            batch.bytes.withUnsafeBytes { bytes in
                messages.withUnsafeMutableBufferPointer { messages in
                    var keys = keys[...]
                    for (index, entry) in batch.entries.enumerated() {
                        // An empty value is not the absence of one, which would be a null pointer.
                        let value = bytes.baseAddress.map { $0 + entry.range.lowerBound } ?? UnsafeRawPointer(reference)
                        messages[index].payload = UnsafeMutableRawPointer(mutating: value)
                        messages[index].len = entry.range.count
                        messages[index]._private = reference
                        guard let key = entry.key else { continue }
                        let text = UnsafeMutableBufferPointer(rebasing: keys.prefix(NotificationID.textLength))
                        keys = keys.dropFirst(NotificationID.textLength)
                        key.write(into: text)
                        messages[index].key = UnsafeMutableRawPointer(text.baseAddress)
                        messages[index].key_len = text.count
                    }
                    body(messages)
                }
            }
        }
    }

    /// All in one call: librdkafka looks at its clocks and takes its locks once.
    /// - Returns: how many it has taken, and why it has not taken the first of the others.
    private static func enqueue(
        _ messages: UnsafeMutableBufferPointer<rd_kafka_message_t>, _ topic: OpaquePointer
    ) -> (Int, rd_kafka_resp_err_t) {
        let taken = rd_kafka_produce_batch(
            topic, 0, RD_KAFKA_MSG_F_COPY | RD_KAFKA_MSG_F_PARTITION, messages.baseAddress, Int32(messages.count))
        guard taken < messages.count else { return (messages.count, RD_KAFKA_RESP_ERR_NO_ERROR) }
        // What is not taken must never count as stored, whatever librdkafka says of it.
        let refused = messages.lazy.map(\.err).first { $0 != RD_KAFKA_RESP_ERR_NO_ERROR }
        return (Int(taken), refused ?? RD_KAFKA_RESP_ERR__FAIL)
    }

    /// One after another, with their headers, until one is not taken.
    private func enqueueEach(
        _ messages: UnsafeMutableBufferPointer<rd_kafka_message_t>, _ batch: RecordBatch, _ topic: OpaquePointer
    ) -> (Int, rd_kafka_resp_err_t) {
        for (index, message) in messages.enumerated() {
            let headers = Self.encoded(batch.entries[index].headers)
            let code = switchboard_produce(handle.pointer, topic, message, headers)
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
                if let headers { rd_kafka_headers_destroy(headers) }
                return (index, code)
            }
        }
        return (messages.count, RD_KAFKA_RESP_ERR_NO_ERROR)
    }

    private static func encoded(_ headers: [RecordBatch.Header]) -> OpaquePointer? {
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            var (name, value) = (header.name, header.value)
            name.withUTF8 { name in
                value.withUTF8 { value in
                    _ = name.withMemoryRebound(to: CChar.self) { name in
                        rd_kafka_header_add(
                            list, name.baseAddress, name.count, value.baseAddress, value.count)
                    }
                }
            }
        }
        return list
    }

    // MARK: The thread

    private func poll() {
        while !use.withLock({ $0.isClosed && $0.appending == 0 }) { rd_kafka_poll(handle.pointer, 100) }
        rd_kafka_flush(handle.pointer, configuration.deliveryTimeout.milliseconds)
        // Whatever is left is reported as failed: nobody waits in vain.
        rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        while rd_kafka_outq_len(handle.pointer) > 0 { rd_kafka_poll(handle.pointer, 100) }
        ended.raise()
    }

    /// Takes no more records, and lets go when those that it has are reported.
    func retire() { use.withLock { $0.isClosed = true } }

    /// As ``retire()``, and returns when that is done.
    func close() async {
        retire()
        await ended.wait(past: 0, heedsCancellation: false)
    }
}

extension KafkaLog.Configuration {
    func partition(of key: NotificationID) -> Int { Int(key.low % UInt64(partitions)) }
}
