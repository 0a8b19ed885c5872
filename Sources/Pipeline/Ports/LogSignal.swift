import Synchronization

/// For adapters: tells waiting tasks that something may have changed for them. It is raised after the change; who has
/// noted the generation before looking misses nothing.
public final class LogSignal: Sendable {
    private struct State {
        var generation: UInt64 = 0
        var nextWaiter: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Void, Never>] = [:]
        /// Waiters that were let go before they began to wait.
        var released: Set<UInt64> = []
    }

    private let state = Mutex(State())

    public init() {}

    public var generation: UInt64 { state.withLock { $0.generation } }

    public func raise() {
        let waiters = state.withLock { state in
            state.generation += 1
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume() }
    }

    /// Returns once the generation is no longer `generation`, when `limit` has passed, or when the task is cancelled.
    /// - Parameter heedsCancellation: false for what is to be seen to its end: a loop around this would not wait at all
    ///   once its task is cancelled.
    public func wait(past generation: UInt64, upTo limit: Duration? = nil, heedsCancellation: Bool = true) async {
        let id = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        let timer = limit.map { limit in
            Task {
                try? await Task.sleep(for: limit)
                if !Task.isCancelled { release(id) }
            }
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { state -> Bool in
                    guard state.generation == generation, !state.released.contains(id) else { return true }
                    state.waiters[id] = continuation
                    return false
                }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            if heedsCancellation { release(id) }
        }
        timer?.cancel()
        _ = await timer?.value
        state.withLock { _ = $0.released.remove(id) }
    }

    private func release(_ id: UInt64) {
        let waiter = state.withLock { state in
            state.released.insert(id)
            return state.waiters.removeValue(forKey: id)
        }
        waiter?.resume()
    }
}
