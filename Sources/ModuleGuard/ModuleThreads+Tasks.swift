internal import Synchronization

/// Calls that may wait for things without holding their thread. Every one ends in time, with the module's answer or without.
extension ModuleThreads {
    /// One that somebody waits for.
    struct RunningTask {
        let looks: Int
        let giveUp: @Sendable (_ hasBegun: Bool) -> Void
        var hasBegun = false
        var seen = 0
    }

    /// One that is given up is cancelled.
    /// - Parameter limit: from now on, whenever it begins.
    func task<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> Ending<Value> {
        await withCheckedContinuation { continuation in
            task(looks: patience.looks(in: limit), body) { continuation.resume(returning: $0) }
        }
    }

    /// `count` of them, for which one thread is woken; `ended` is told of each by its number.
    /// - Returns: when all have ended but those that wait for something, or hold the thread that they came to.
    func tasks<Value: Sendable>(
        _ count: Int, within limit: Duration, _ body: @escaping @Sendable (Int) async -> Value,
        ended: @escaping @Sendable (Int, Ending<Value>) -> Void
    ) async {
        let looks = patience.looks(in: limit)
        await withCheckedContinuation { continuation in
            call {
                self.gather {
                    for number in 0..<count {
                        self.task(looks: looks, { await body(number) }, then: { ended(number, $0) })
                    }
                    // Work is taken in the order in which it came.
                    self.call {
                    } then: { _ in
                        continuation.resume()
                    }
                }
            } then: { ending in
                guard case .notBegun = ending else { return }
                for number in 0..<count { ended(number, .notBegun) }
                continuation.resume()
            }
        }
    }

    private func call(_ body: @escaping @Sendable () -> Void, then end: @escaping @Sendable (Ending<Void>) -> Void) {
        calls(1, looks: patience.looks, { _ in body() }, ended: { end($1) }, isOver: {})
    }

    private func task<Value: Sendable>(
        looks: Int, _ body: @escaping @Sendable () async -> Value, then end: @escaping @Sendable (Ending<Value>) -> Void
    ) {
        let running = CancellableTask()
        let id = register(looks: looks) { hasBegun in
            running.cancel()
            end(hasBegun ? .overdue : .notBegun)
        }
        guard let id else { return end(.notBegun) }
        let task = Task(executorPreference: self) {
            guard self.begins(id) else { return }
            let value = await body()
            if self.ends(id) { end(.value(value)) }
        }
        running.put(task)
    }

    /// Nil: no thread would come to it.
    private func register(looks: Int, giveUp: @escaping @Sendable (_ hasBegun: Bool) -> Void) -> UInt64? {
        state.withLock { state in
            guard !isStuck(state) else { return nil }
            state.lastTask += 1
            state.tasks[state.lastTask] = RunningTask(looks: looks, giveUp: giveUp)
            return state.lastTask
        }
    }

    /// False: it was given up before its turn came.
    private func begins(_ task: UInt64) -> Bool {
        state.withLock { state in
            guard state.tasks[task] != nil else { return false }
            state.tasks[task]?.hasBegun = true
            return true
        }
    }

    /// False: nobody waits for it any more.
    private func ends(_ task: UInt64) -> Bool { state.withLock { $0.tasks.removeValue(forKey: task) != nil } }
}

/// A task that may be cancelled before it is known.
private final class CancellableTask: Sendable {
    private let state = Mutex<(task: Task<Void, Never>?, isCancelled: Bool)>((nil, false))

    func put(_ task: Task<Void, Never>) {
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }
}
