import Dispatch
import Pipeline
import Synchronization

/// Where partitions end, asked for many callers at once: who asks while the cluster is being asked shares the next
/// question with everybody who has come meanwhile, so that no answer is older than its caller's question.
final class SharedQuestions: Sendable {
    struct Key: Sendable, Hashable {
        let topic: Topic
        let partition: Int
    }

    typealias Answer = Result<Int64, LogError>

    private let ask: @Sendable (Key) -> Answer
    /// By partition: who waits for the next question. A partition that is here is being asked about.
    private let waiting = Mutex<[Key: [CheckedContinuation<Answer, Never>]]>([:])

    /// - Parameter ask: may block.
    init(_ ask: @escaping @Sendable (Key) -> Answer) { self.ask = ask }

    func answer(_ key: Key) async throws(LogError) -> Int64 {
        let answer: Answer = await withCheckedContinuation { continuation in
            let isBeingAsked = waiting.withLock { waiting in
                defer { waiting[key, default: []].append(continuation) }
                return waiting[key] != nil
            }
            if !isBeingAsked { DispatchQueue.global().async { [self] in work(key) } }
        }
        return try answer.get()
    }

    private func work(_ key: Key) {
        while true {
            let askers = waiting.withLock { waiting -> [CheckedContinuation<Answer, Never>] in
                guard let askers = waiting[key], !askers.isEmpty else {
                    waiting[key] = nil
                    return []
                }
                waiting[key] = []
                return askers
            }
            guard !askers.isEmpty else { return }
            let answer = ask(key)
            for asker in askers { asker.resume(returning: answer) }
        }
    }
}
