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
        let keyless = turn.add(1, ordering: .relaxed).newValue
        var code = topic == nil ? rd_kafka_last_error() : RD_KAFKA_RESP_ERR_NO_ERROR
        var taken = 0
        batch.bytes.withUnsafeBytes { bytes in
            for entry in batch.entries where code == RD_KAFKA_RESP_ERR_NO_ERROR {
                let partition = entry.key.map { configuration.partition(of: $0) } ?? keyless % configuration.partitions
                let value = UnsafeRawBufferPointer(rebasing: bytes[entry.range])
                code = enqueue(entry, value, topic, Int32(partition), reference)
                if code == RD_KAFKA_RESP_ERR_NO_ERROR { taken += 1 }
            }
        }
        // What was not taken will have no report from librdkafka.
        if taken < batch.count { DeliveryTracker.report(reference, count: batch.count - taken, code: code) }
    }

    private func enqueue(
        _ entry: RecordBatch.Entry, _ value: UnsafeRawBufferPointer, _ topic: OpaquePointer?, _ partition: Int32,
        _ reference: UnsafeMutableRawPointer
    ) -> rd_kafka_resp_err_t {
        let headers = entry.headers.isEmpty ? nil : Self.encoded(entry.headers)
        func send(_ key: UnsafeRawBufferPointer) -> rd_kafka_resp_err_t {
            // An empty value is not the absence of one, which would be a null pointer.
            let start = value.baseAddress ?? UnsafeRawPointer(reference)
            return switchboard_produce(
                handle.pointer, topic, partition, key.baseAddress, key.count, start, value.count, headers, reference)
        }
        let code =
            entry.key.map { key in
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 36) { text in
                    key.write(into: text)
                    return send(UnsafeRawBufferPointer(text))
                }
            } ?? send(UnsafeRawBufferPointer(start: nil, count: 0))
        if code != RD_KAFKA_RESP_ERR_NO_ERROR, let headers { rd_kafka_headers_destroy(headers) }
        return code
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
        while ended.generation == 0 { await ended.wait(past: 0, upTo: .seconds(60)) }
    }
}

extension KafkaLog.Configuration {
    func partition(of key: NotificationID) -> Int { Int(key.low % UInt64(partitions)) }
}
