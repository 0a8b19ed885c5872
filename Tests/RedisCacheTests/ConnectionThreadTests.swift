import Glibc
import Testing

@testable import RedisCache

@Suite(.timeLimit(.minutes(10)))
struct ConnectionThreadTests {
    /// The default of the signal ends the process.
    @Test func brokenPipesRaiseNoSignal() async throws {
        let thread = ConnectionThread()
        let (results, result) = AsyncStream<Bool>.makeStream()
        try thread.start {
            var signals = sigset_t()
            pthread_sigmask(SIG_BLOCK, nil, &signals)
            result.yield(sigismember(&signals, SIGPIPE) == 1)
            result.finish()
        }
        await thread.wait()
        #expect(await results.reduce(into: []) { $0.append($1) } == [true])
    }
}
