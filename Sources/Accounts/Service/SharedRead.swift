import Synchronization

/// One reading of the store for all who want its answer.
final class SharedRead<Value: Sendable>: Sendable {
    typealias Answer = Result<Value, any Error>

    private struct State {
        var answer: Answer?
        /// It has taken longer than those should wait who know something already.
        var isOverdue = false
        var waiting: [CheckedContinuation<Answer?, Never>] = []
        /// Who waits no longer than that.
        var hurried: [CheckedContinuation<Answer?, Never>] = []
    }

    private let state = Mutex(State())

    init(patience: Duration, _ read: @escaping @Sendable () async throws -> Value) {
        let watch = Task { [self] in
            // Real time, as a store is silent in: it is the caller who waits. Cancelled: the answer has come.
            guard (try? await Task.sleep(for: patience)) != nil else { return }
            giveUp()
        }
        // Not the asker's task, which may be cancelled: others wait for the same.
        Task { [self] in
            do {
                end(.success(try await read()))
            } catch {
                end(.failure(error))
            }
            watch.cancel()
        }
    }

    /// However long it takes.
    func value() async throws -> Value {
        let answer = await withCheckedContinuation { continuation in
            let known = state.withLock { state in
                if state.answer == nil { state.waiting.append(continuation) }
                return state.answer
            }
            if let known { continuation.resume(returning: known) }
        }
        guard let answer else { throw CancellationError() }
        return try answer.get()
    }

    /// Nil when the answer has not come in the time that there is for it.
    func answerInTime() async -> Answer? {
        await withCheckedContinuation { continuation in
            let (known, isOverdue) = state.withLock { state in
                if state.answer == nil, !state.isOverdue { state.hurried.append(continuation) }
                return (state.answer, state.isOverdue)
            }
            if known != nil || isOverdue { continuation.resume(returning: known) }
        }
    }

    private func end(_ answer: Answer) {
        let waiting = state.withLock { state in
            state.answer = answer
            defer { (state.waiting, state.hurried) = ([], []) }
            return state.waiting + state.hurried
        }
        for caller in waiting { caller.resume(returning: answer) }
    }

    private func giveUp() {
        let hurried = state.withLock { state in
            state.isOverdue = true
            defer { state.hurried = [] }
            return state.hurried
        }
        for caller in hurried { caller.resume(returning: nil) }
    }
}
