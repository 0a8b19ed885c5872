import Synchronization

/// Asks one question for all who want its answer at a time, and lets nobody wait for it longer than it may take.
///
/// A question that is out too long is not asked again before it is answered: whoever asks meanwhile hears at once that
/// there is no answer. So a dependency that hangs ties up one task, however often somebody looks.
public final class Probe<Answer: Sendable>: Sendable {
    public struct Finding: Sendable {
        /// Nil: none in time.
        public let answer: Answer?
        /// Since the question was asked.
        public let time: Duration
    }

    private struct State {
        var began: ContinuousClock.Instant?
        var isOverdue = false
        var waiters: [CheckedContinuation<Finding, Never>] = []
    }

    private let limit: Duration
    private let ask: @Sendable () async -> Answer
    private let state = Mutex(State())

    /// - Parameter limit: how long the question may take.
    public init(limit: Duration, ask: @escaping @Sendable () async -> Answer) {
        (self.limit, self.ask) = (limit, ask)
    }

    public func finding() async -> Finding {
        await withCheckedContinuation { waiter in
            let now = ContinuousClock.now
            let (overdueSince, begins) = state.withLock { state in
                if state.isOverdue, let began = state.began { return (began as Optional, false) }
                state.waiters.append(waiter)
                let begins = state.began == nil
                if begins { state.began = now }
                return (nil, begins)
            }
            if let overdueSince { return waiter.resume(returning: Finding(answer: nil, time: now - overdueSince)) }
            if begins { begin(now) }
        }
    }

    private func begin(_ start: ContinuousClock.Instant) {
        let watch = Task { [limit] in
            guard (try? await Task.sleep(for: limit)) != nil else { return }
            let finding = Finding(answer: nil, time: .now - start)
            for waiter in self.giveUp(start) { waiter.resume(returning: finding) }
        }
        Task {
            let answer = await ask()
            watch.cancel()
            let finding = Finding(answer: answer, time: .now - start)
            for waiter in end() { waiter.resume(returning: finding) }
        }
    }

    private func end() -> [CheckedContinuation<Finding, Never>] {
        state.withLock { state in
            defer { state = State() }
            return state.waiters
        }
    }

    /// Nobody, when the answer has come just now: then another question may be out.
    private func giveUp(_ start: ContinuousClock.Instant) -> [CheckedContinuation<Finding, Never>] {
        state.withLock { state in
            guard state.began == start else { return [] }
            state.isOverdue = true
            defer { state.waiters = [] }
            return state.waiters
        }
    }
}
