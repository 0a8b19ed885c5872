import CLibrdkafka
import Pipeline
import Synchronization

/// Waits for the delivery reports of one batch: one continuation for all of them.
///
/// Each message carries an unretained reference to it; it keeps itself alive until the last message is reported, also
/// when the caller has its answer long since.
final class DeliveryTracker: Sendable {
    private enum Outcome {
        case open(CheckedContinuation<Result<Void, LogError>, Never>?)
        case known(Result<Void, LogError>)
    }

    private let unreported: Atomic<Int>
    private let outcome = Mutex(Outcome.open(nil))

    /// - Parameter count: how many reports there will be, at least one.
    init(count: Int) { unreported = Atomic(count) }

    /// The reference that goes along with each message; each of them is to be reported.
    func retained() -> UnsafeMutableRawPointer { Unmanaged.passRetained(self).toOpaque() }

    static func report(_ reference: UnsafeMutableRawPointer, count: Int, code: rd_kafka_resp_err_t) {
        let unmanaged = Unmanaged<DeliveryTracker>.fromOpaque(reference)
        // Reports come a million times a second: none of them counts references.
        let isLast = unmanaged._withUnsafeGuaranteedRef { tracker in
            // The first failure is the batch's: its caller need not wait for the rest.
            if code != RD_KAFKA_RESP_ERR_NO_ERROR { tracker.settle(.failure(error(code))) }
            let isLast = tracker.unreported.subtract(count, ordering: .acquiringAndReleasing).newValue == 0
            if isLast { tracker.settle(.success(())) }
            return isLast
        }
        if isLast { unmanaged.release() }
    }

    private static func error(_ code: rd_kafka_resp_err_t) -> LogError {
        guard code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE else { return .unavailable("Kafka: \(code.text)") }
        return .tooLarge(
            "Kafka: \(code.text): the topics' max.message.bytes should be \(TopicSetup.maxMessageBytes), as those have "
                + "that Switchboard creates")
    }

    /// Returns when all messages are in the log.
    func wait() async throws(LogError) {
        try await withCheckedContinuation { continuation in
            let known = outcome.withLock { outcome -> Result<Void, LogError>? in
                if case .known(let result) = outcome { return result }
                outcome = .open(continuation)
                return nil
            }
            if let known { continuation.resume(returning: known) }
        }.get()
    }

    private func settle(_ result: Result<Void, LogError>) {
        let waiting = outcome.withLock { outcome -> CheckedContinuation<Result<Void, LogError>, Never>? in
            guard case .open(let waiting) = outcome else { return nil }
            outcome = .known(result)
            return waiting
        }
        waiting?.resume(returning: result)
    }
}
