internal import Dispatch
internal import Synchronization

/// Every call ends in time, with the module's answer or without.
extension ModuleThreads {
    enum Ending<Value: Sendable>: Sendable {
        case value(Value)
        /// It has begun and not ended: its thread is lost until it does.
        case overdue
        /// No thread came to it, and none will any more.
        case notBegun
    }

    /// A call that somebody waits for.
    struct Call {
        let looks: Int
        /// Its limit counts anew from its beginning, and not only from when it was asked for.
        let isRenewed: Bool
        let giveUp: @Sendable (_ hasBegun: Bool) -> Void
        var hasBegun = false
        var seen = 0
    }

    /// A call that has its thread.
    struct Turn: Sendable {
        fileprivate let threads: ModuleThreads
        fileprivate let call: UInt64
        fileprivate let seat: Int

        /// Something of it is done: its time begins anew.
        func renew() {
            threads.state.withLock { state in
                state.calls[call]?.seen = 0
                state.busy[seat] = 0
            }
        }
    }

    func call<Value: Sendable>(_ body: @escaping @Sendable (Turn) -> Value) async -> Ending<Value> {
        await withCheckedContinuation { continuation in
            call(looks: patience.looks, body) { continuation.resume(returning: $0) }
        }
    }

    /// The same, for who may block.
    func callAndWait<Value: Sendable>(
        within limit: Duration? = nil, _ body: @escaping @Sendable (Turn) -> Value
    ) -> Ending<Value> {
        let answer = Answer<Value>()
        call(looks: limit.map { patience.looks(in: $0) } ?? patience.looks, body) { answer.put($0) }
        return answer.wait()
    }

    /// A call that may wait for things without holding its thread. One that is given up is cancelled.
    /// - Parameter limit: from now on, whenever it begins.
    func task<Value: Sendable>(
        within limit: Duration, _ body: @escaping @Sendable () async -> Value
    ) async -> Ending<Value> {
        let running = CancellableTask()
        return await withCheckedContinuation { continuation in
            let call = register(looks: patience.looks(in: limit), isRenewed: false) { hasBegun in
                running.cancel()
                continuation.resume(returning: hasBegun ? .overdue : .notBegun)
            }
            guard let call else { return continuation.resume(returning: .notBegun) }
            let task = Task(executorPreference: self) {
                guard self.begins(call) else { return }
                let value = await body()
                if self.ends(call) { continuation.resume(returning: .value(value)) }
            }
            running.put(task)
        }
    }

    private func call<Value: Sendable>(
        looks: Int, _ body: @escaping @Sendable (Turn) -> Value, then end: @escaping @Sendable (Ending<Value>) -> Void
    ) {
        let call = register(looks: looks, isRenewed: true) { end($0 ? .overdue : .notBegun) }
        guard let call else { return end(.notBegun) }
        put(
            .call { seat in
                guard self.begins(call) else { return }
                let value = body(Turn(threads: self, call: call, seat: seat))
                if self.ends(call) { end(.value(value)) }
            })
    }

    /// Nil: no thread would come to it.
    private func register(
        looks: Int, isRenewed: Bool, giveUp: @escaping @Sendable (_ hasBegun: Bool) -> Void
    ) -> UInt64? {
        state.withLock { state in
            guard !isStuck(state) else { return nil }
            state.lastCall += 1
            state.calls[state.lastCall] = Call(looks: looks, isRenewed: isRenewed, giveUp: giveUp)
            return state.lastCall
        }
    }

    /// False: it was given up before its turn came.
    private func begins(_ call: UInt64) -> Bool {
        state.withLock { state in
            guard let known = state.calls[call] else { return false }
            state.calls[call]?.hasBegun = true
            if known.isRenewed { state.calls[call]?.seen = 0 }
            return true
        }
    }

    /// False: nobody waits for it any more.
    private func ends(_ call: UInt64) -> Bool { state.withLock { $0.calls.removeValue(forKey: call) != nil } }
}

/// Where somebody waits who may block.
private final class Answer<Value: Sendable>: Sendable {
    private let ending = Mutex<ModuleThreads.Ending<Value>>(.notBegun)
    private let isThere = DispatchSemaphore(value: 0)

    func put(_ ending: ModuleThreads.Ending<Value>) {
        self.ending.withLock { $0 = ending }
        isThere.signal()
    }

    func wait() -> ModuleThreads.Ending<Value> {
        isThere.wait()
        return ending.withLock { $0 }
    }
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
