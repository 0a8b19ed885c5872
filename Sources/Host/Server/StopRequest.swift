import Synchronization
import UnixSignals

/// SIGTERM and SIGINT, from the program's first moments on: while the host starts they end the start, later the host.
final class StopRequest: Sendable {
    private let state = Mutex<(isMade: Bool, actions: [@Sendable () -> Void])>((false, []))

    var isMade: Bool { state.withLock { $0.isMade } }

    /// Listens until the process ends.
    static func listening() async -> StopRequest {
        let request = StopRequest()
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        Task { for await _ in signals { request.make() } }
        return request
    }

    /// Runs `action` when the request comes, or now if it has.
    func whenMade(_ action: @escaping @Sendable () -> Void) {
        let isMade = state.withLock { state in
            if !state.isMade { state.actions.append(action) }
            return state.isMade
        }
        if isMade { action() }
    }

    /// Cancels `work` when the request comes meanwhile.
    func interrupting<Value: Sendable>(_ work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let task = Task { try await work() }
        whenMade { task.cancel() }
        return try await task.value
    }

    private func make() {
        let actions = state.withLock { state in
            state.isMade = true
            defer { state.actions = [] }
            return state.actions
        }
        for action in actions { action() }
    }
}
