import CLibrdkafka
import Dispatch
import Logging
import Pipeline
import Synchronization

/// Owns one librdkafka client, and destroys it when the last user has let go of it.
///
/// Unchecked: the pointer never changes, and librdkafka's functions may be called on a handle from any thread.
final class KafkaHandle: @unchecked Sendable {
    /// What the callbacks of a client get to see.
    final class Context: Sendable {
        typealias Partitions = UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

        let logger: Logger
        /// Raised when a partition's queue has something, or there is something else to hear.
        let arrivals = LogSignal()

        /// Of the last warning that a broker can't be reached: librdkafka says so every second, for each broker.
        private let lastFailure = Mutex<ContinuousClock.Instant?>(nil)

        init(logger: Logger) { self.logger = logger }

        func note(_ line: String, severity: Int32, isConnectionFailure: Bool) {
            var isRepeat = false
            if isConnectionFailure {
                isRepeat = lastFailure.withLock { last in
                    defer { if last.map({ $0 + .seconds(30) < .now }) ?? true { last = .now } }
                    return last.map { $0 + .seconds(30) >= .now } ?? false
                }
            }
            // Syslog's levels: 3 is an error, 4 a warning. A lost connection is an error to librdkafka, and routine to us.
            let level: Logger.Level = severity <= 2 ? .error : severity <= 4 ? .warning : severity <= 6 ? .info : .debug
            logger.log(level: isRepeat ? .debug : level, "Kafka: \(line)")
        }

        /// Set once, before the client is polled; called by the thread that polls it.
        let onRebalance = Mutex<(@Sendable (rd_kafka_resp_err_t, Partitions) -> Void)?>(nil)
    }

    let pointer: OpaquePointer
    let context: Context

    /// - Parameter settings: what comes on top of the operator's properties.
    init(
        _ type: rd_kafka_type_t, _ configuration: KafkaLog.Configuration, settings: [String: String], logger: Logger,
        rebalances: Bool = false
    ) throws(KafkaLogError) {
        let context = Context(logger: logger)
        let conf = try Self.settings(type, configuration, settings)
        rd_kafka_conf_set_opaque(conf, Unmanaged.passRetained(context).toOpaque())
        rd_kafka_conf_set_log_cb(conf, logLine)
        if type == RD_KAFKA_PRODUCER {
            rd_kafka_conf_set_dr_msg_cb(conf, messageReported)
        } else if rebalances {
            rd_kafka_conf_set_rebalance_cb(conf, partitionsRebalanced)
        }
        var reason = [CChar](repeating: 0, count: 512)
        guard let pointer = rd_kafka_new(type, conf, &reason, reason.count) else {
            rd_kafka_conf_destroy(conf)
            Unmanaged.passUnretained(context).release()
            throw KafkaLogError("Kafka: \(configuration.redacted(text(reason)))")
        }
        self.pointer = pointer
        self.context = context
        if type == RD_KAFKA_CONSUMER { rd_kafka_poll_set_consumer(pointer) }
    }

    deinit {
        // It joins threads, which must hold up neither the cooperative pool nor a callback of this very client. A
        // group is left by closing; without that, silently, as a process that dies does.
        let address = Int(bitPattern: pointer)
        let context = Unmanaged.passUnretained(context)
        let contextAddress = Int(bitPattern: context.toOpaque())
        DispatchQueue.global().async {
            rd_kafka_destroy_flags(OpaquePointer(bitPattern: address), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE)
            if let context = UnsafeRawPointer(bitPattern: contextAddress) {
                Unmanaged<Context>.fromOpaque(context).release()
            }
        }
    }

    private static func settings(
        _ type: rd_kafka_type_t, _ configuration: KafkaLog.Configuration, _ settings: [String: String]
    ) throws(KafkaLogError) -> OpaquePointer? {
        let conf = rd_kafka_conf_new()
        // Brokers that come back are found within a second or so.
        var all = ["reconnect.backoff.ms": "100", "reconnect.backoff.max.ms": "1000"]
        all.merge(settings.merging(configuration.properties) { $1 }) { $1 }
        all["bootstrap.servers"] = configuration.bootstrapServers
        all["client.id"] = configuration.clientID
        for (name, value) in all.sorted(by: { $0.key < $1.key }) {
            // Its own message would quote the value, which may be a password.
            let result = rd_kafka_conf_set(conf, name, value, nil, 0)
            guard result != RD_KAFKA_CONF_OK else { continue }
            rd_kafka_conf_destroy(conf)
            let problem = result == RD_KAFKA_CONF_UNKNOWN ? "is unknown to librdkafka" : "has a value that can't be"
            throw KafkaLogError("Kafka: the property \(name) \(problem)")
        }
        return conf
    }
}

/// A C string in a fixed buffer.
func text(_ buffer: [CChar]) -> String {
    String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

extension rd_kafka_resp_err_t {
    var text: String { String(cString: rd_kafka_err2str(self)) }
}

// MARK: Callbacks

private func logLine(
    _ handle: OpaquePointer?, _ level: Int32, _ facility: UnsafePointer<CChar>?, _ line: UnsafePointer<CChar>?
) {
    guard let line, let opaque = rd_kafka_opaque(handle) else { return }
    let context = Unmanaged<KafkaHandle.Context>.fromOpaque(opaque).takeUnretainedValue()
    context.note(
        String(cString: line), severity: level,
        isConnectionFailure: facility.map { String(cString: $0) == "FAIL" } ?? false)
}

private func messageReported(
    _ handle: OpaquePointer?, _ message: UnsafePointer<rd_kafka_message_t>?, _ opaque: UnsafeMutableRawPointer?
) {
    guard let message = message?.pointee, let tracker = message._private else { return }
    DeliveryTracker.report(tracker, count: 1, code: message.err)
}

private func partitionsRebalanced(
    _ handle: OpaquePointer?, _ code: rd_kafka_resp_err_t, _ partitions: KafkaHandle.Context.Partitions?,
    _ opaque: UnsafeMutableRawPointer?
) {
    guard let partitions, let opaque else { return }
    let context = Unmanaged<KafkaHandle.Context>.fromOpaque(opaque).takeUnretainedValue()
    context.onRebalance.withLock { $0 }?(code, partitions)
}
