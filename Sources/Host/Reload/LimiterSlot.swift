import API
import ServiceLifecycle
import Synchronization

/// The limiter of requests that is current, if there are limits, and its talk with other replicas.
final class LimiterSlot: Service {
    private struct State {
        var limiter: RequestLimiter?
        var talk: Task<Void, Never>?
    }

    private let state: Mutex<State>

    init(_ limiter: RequestLimiter?) { state = Mutex(State(limiter: limiter)) }

    var limiter: RequestLimiter? { state.withLock { $0.limiter } }

    func put(_ limiter: RequestLimiter?) {
        state.withLock { state in
            state.limiter = limiter
            guard let talk = state.talk else { return }
            talk.cancel()
            state.talk = Task { await limiter?.run() }
        }
    }

    /// Tells the shared limiter what this replica lets through.
    func run() async throws {
        state.withLock { state in
            let limiter = state.limiter
            state.talk = Task { await limiter?.run() }
        }
        try? await gracefulShutdown()
        state.withLock { $0.talk?.cancel() }
    }
}
