import Dispatch
import Foundation
import Synchronization

/// Threads for the code of one channel's module: code that blocks or never ends takes none that others need.
final class ModuleThreads: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var threads = 0
        var idle = 0
    }

    private static let limit = 4
    private static let patience = DispatchTimeInterval.seconds(10)
    private let state = Mutex(State())
    private let arrivals = DispatchSemaphore(value: 0)

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isShort = state.withLock { state in
            state.jobs.append(job)
            guard state.idle < state.jobs.count, state.threads < Self.limit else { return false }
            state.threads += 1
            return true
        }
        arrivals.signal()
        guard isShort else { return }
        let thread = Thread { self.work() }
        thread.name = "module"
        thread.start()
    }

    /// Until there is nothing to do for a while.
    private func work() {
        while true {
            state.withLock { $0.idle += 1 }
            let hasArrival = arrivals.wait(timeout: .now() + Self.patience) == .success
            let job = state.withLock { state -> UnownedJob? in
                state.idle -= 1
                if hasArrival, !state.jobs.isEmpty { return state.jobs.removeFirst() }
                state.threads -= 1
                return nil
            }
            guard let job else { return }
            job.runSynchronously(on: asUnownedTaskExecutor())
        }
    }
}
