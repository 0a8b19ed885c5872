import Dispatch
import Glibc

/// Threads outside the cooperative pool: librdkafka's functions wait.
enum WorkThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    static func start(_ run: @escaping @Sendable () -> Void) throws(KafkaLogError) {
        var thread = pthread_t()
        let body = Unmanaged.passRetained(Body(run))
        let result = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard result == 0 else {
            body.release()
            throw KafkaLogError("Kafka: the system gives no more threads (error \(result))")
        }
        pthread_detach(thread)
    }

    /// Runs a question to the cluster, which has a time limit of its own.
    static func ask<Answer: Sendable, Failure: Error>(
        _ question: @escaping @Sendable () -> Result<Answer, Failure>
    ) async throws(Failure) -> Answer {
        let answer: Result<Answer, Failure> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async { continuation.resume(returning: question()) }
        }
        return try answer.get()
    }
}
