import API
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10)))
struct ProbeTests {
    /// A dependency that answers when the test says so, and counts how often it is asked.
    private final class Dependency: Sendable {
        private let state = Mutex<(asked: Int, waiting: [CheckedContinuation<Int, Never>])>((0, []))

        var asked: Int { state.withLock { $0.asked } }

        func ask() async -> Int {
            await withCheckedContinuation { waiter in
                state.withLock { state in
                    state.asked += 1
                    state.waiting.append(waiter)
                }
            }
        }

        func answer(_ value: Int) {
            for waiter in state.withLock({ state in
                defer { state.waiting = [] }
                return state.waiting
            }) { waiter.resume(returning: value) }
        }

        func whenAsked(_ times: Int) async throws {
            while asked < times {
                try Task.checkCancellation()
                await Task.yield()
            }
        }
    }

    @Test func givesTheAnswer() async {
        let probe = Probe(limit: .seconds(600)) { 7 }
        let finding = await probe.finding()
        #expect(finding.answer == 7)
        #expect(finding.time >= .zero)
    }

    @Test func asksOnceForAllWhoWait() async throws {
        let dependency = Dependency()
        let probe = Probe(limit: .seconds(600)) { await dependency.ask() }
        async let first = probe.finding()
        async let second = probe.finding()
        try await dependency.whenAsked(1)
        // Whichever of the two comes late begins a question of its own, which is answered as well.
        let answering = Task {
            while !Task.isCancelled {
                dependency.answer(3)
                await Task.yield()
            }
        }
        let findings = await [first, second]
        answering.cancel()
        #expect(findings.map(\.answer) == [3, 3])
    }

    @Test func whatHangsIsAskedOnceAndKeepsNobody() async throws {
        let dependency = Dependency()
        let probe = Probe(limit: .milliseconds(1)) { await dependency.ask() }
        for _ in 0..<20 { #expect(await probe.finding().answer == nil) }
        #expect(dependency.asked == 1)
        dependency.answer(1)
    }

    @Test func isAskedAnewOnceItAnswers() async throws {
        let dependency = Dependency()
        let probe = Probe(limit: .milliseconds(1)) { await dependency.ask() }
        #expect(await probe.finding().answer == nil)
        dependency.answer(1)
        // The late answer is nobody's; when it has come in, the next who looks asks again.
        while dependency.asked == 1 {
            try Task.checkCancellation()
            _ = await probe.finding()
        }
        dependency.answer(2)
        #expect(dependency.asked >= 2)
    }
}
