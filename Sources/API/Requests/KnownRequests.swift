import ChannelSDK
import Pipeline
import Synchronization

/// What the store knows of ids that are being accepted: one question for all who ask at a time.
///
/// A store that is silent or gone holds up nobody for long: then it can't be told whether there is a conflict, and the
/// projector, which sees every request, tells it later.
final class KnownRequests: Sendable {
    typealias Answer = [NotificationID: ProjectedRequest]
    private typealias Asker = (ids: [NotificationID], continuation: CheckedContinuation<Answer?, Never>)

    private struct State {
        var waiting: [Asker] = []
        var asked: [Asker] = []
        var isAsking = false
        /// The number of the question that is out, or of the last one.
        var question = 0
        /// Questions that have been answered, or have failed.
        var answered = 0
        /// The question that is out has taken longer than anybody should wait.
        var isOverdue = false
    }

    private let store: any NotificationReader
    private let patience: Duration
    private let state = Mutex(State())

    init(_ store: any NotificationReader, patience: Duration = .seconds(2)) {
        self.store = store
        self.patience = patience
    }

    /// Those of `ids` that are projected; nil when it can't be told just now.
    func known(_ ids: [NotificationID]) async -> Answer? {
        await withCheckedContinuation { continuation in
            let (isHopeless, begins) = state.withLock { state in
                if state.isOverdue { return (true, false) }
                state.waiting.append((ids, continuation))
                defer { state.isAsking = true }
                return (false, !state.isAsking)
            }
            if isHopeless { return continuation.resume(returning: nil) }
            if begins { Task { await askForAll() } }
        }
    }

    /// Who waits for the question after the one that is out.
    var waitingCallers: Int { state.withLock { $0.waiting.count } }

    private func askForAll() async {
        while let (question, ids) = begin() {
            let watch = Task { [patience] in
                guard (try? await Task.sleep(for: patience)) != nil else { return }
                for asker in self.giveUp(question) { asker.continuation.resume(returning: nil) }
            }
            let answer = try? await store.projected(ids)
            watch.cancel()
            for asker in end() { asker.continuation.resume(returning: answer) }
        }
    }

    private func begin() -> (question: Int, ids: [NotificationID])? {
        state.withLock { state in
            guard !state.waiting.isEmpty else {
                state.isAsking = false
                return nil
            }
            (state.asked, state.waiting) = (state.waiting, [])
            state.question += 1
            return (state.question, state.asked.flatMap(\.ids))
        }
    }

    private func end() -> [Asker] {
        state.withLock { state in
            state.isOverdue = false
            state.answered = state.question
            defer { state.asked = [] }
            return state.asked
        }
    }

    private func giveUp(_ question: Int) -> [Asker] {
        state.withLock { state in
            // The answer may have come at the last moment: nothing would take this back then.
            guard state.answered < question else { return [] }
            state.isOverdue = true
            defer { (state.asked, state.waiting) = ([], []) }
            return state.asked + state.waiting
        }
    }
}
