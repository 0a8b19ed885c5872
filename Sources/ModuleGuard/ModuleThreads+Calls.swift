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
        await withCheckedContinuation { continuation in
            task(looks: patience.looks(in: limit), body) { continuation.resume(returning: $0) }
        }
    }

    /// `count` calls for which one thread is woken; `ended` is told of each by its number.
    /// - Returns: when all have ended but those that hold the thread that they came to.
    func calls<Value: Sendable>(
        _ count: Int, within limit: Duration, _ body: @escaping @Sendable (Int) -> Value,
        ended: @escaping @Sendable (Int, Ending<Value>) -> Void
    ) async {
        let looks = patience.looks(in: limit)
        await together(count) { number in
            self.call(looks: looks, { _ in body(number) }, then: { ended(number, $0) })
        } otherwise: {
            ended($0, .notBegun)
        }
    }

    /// The same of calls as by ``task(within:_:)``.
    /// - Returns: when all have ended but those that wait for something, or hold the thread that they came to.
    func tasks<Value: Sendable>(
        _ count: Int, within limit: Duration, _ body: @escaping @Sendable (Int) async -> Value,
        ended: @escaping @Sendable (Int, Ending<Value>) -> Void
    ) async {
        let looks = patience.looks(in: limit)
        await together(count) { number in
            self.task(looks: looks, { await body(number) }, then: { ended(number, $0) })
        } otherwise: {
            ended($0, .notBegun)
        }
    }

    /// Returns when each has begun that `begin` puts in, and ended if it does so at once; `otherwise` there is no thread.
    private func together(
        _ count: Int, _ begin: @escaping @Sendable (Int) -> Void, otherwise: @escaping @Sendable (Int) -> Void
    ) async {
        await withCheckedContinuation { continuation in
            call(looks: patience.looks) { _ in
                self.gather {
                    for number in 0..<count { begin(number) }
                    // Work is taken in the order in which it came.
                    self.call(looks: self.patience.looks, { _ in }, then: { _ in continuation.resume() })
                }
            } then: { ending in
                guard case .notBegun = ending else { return }
                for number in 0..<count { otherwise(number) }
                continuation.resume()
            }
        }
    }

    private func task<Value: Sendable>(
        looks: Int, _ body: @escaping @Sendable () async -> Value, then end: @escaping @Sendable (Ending<Value>) -> Void
    ) {
        let running = CancellableTask()
        let call = register(looks: looks, isRenewed: false) { hasBegun in
            running.cancel()
            end(hasBegun ? .overdue : .notBegun)
        }
        guard let call else { return end(.notBegun) }
        let task = Task(executorPreference: self) {
            guard self.begins(call) else { return }
            let value = await body()
            if self.ends(call) { end(.value(value)) }
        }
        running.put(task)
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
