import Dispatch

/// One connection's own thread of work: what blocks here blocks no thread of Swift's cooperative pool.
final class ConnectionExecutor: SerialExecutor {
    private let queue = DispatchQueue(label: "switchboard.postgres.connection")

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        queue.async { job.runSynchronously(on: self.asUnownedSerialExecutor()) }
    }

    func checkIsolated() { dispatchPrecondition(condition: .onQueue(queue)) }
}
