import Glibc
import Synchronization

/// A thread outside the cooperative pool: connecting and resolving names blocks.
final class ConnectionThread: Sendable {
    private struct State {
        var isOver = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    private let state = Mutex(State())

    func start(_ run: @escaping @Sendable () -> Void) throws(RedisError) {
        let body = Unmanaged.passRetained(
            Body {
                Self.ignoreBrokenPipes()
                run()
                self.finish()
            })
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { pointer in
                if let pointer { Unmanaged<Body>.fromOpaque(pointer).takeRetainedValue().run() }
                return nil
            }, body.toOpaque())
        guard result == 0 else {
            body.release()
            throw RedisError(.unreachable, "can't start a connection to Redis: pthread_create failed with \(result)")
        }
        pthread_detach(thread)
    }

    /// Returns when the thread has ended.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.isOver { state.waiters.append(continuation) }
                return state.isOver
            }
            if isOver { continuation.resume() }
        }
    }

    private func finish() {
        let waiters = state.withLock { state in
            state.isOver = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// hiredis writes without MSG_NOSIGNAL: to a connection that was closed meanwhile, that would end the process. The
    /// signal goes to the thread that writes, so it is enough to block it there.
    private static func ignoreBrokenPipes() {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &signals, nil)
    }
}
