import ChannelSDK
import Testing

@testable import Pipeline

@Suite struct CircuitBreakerTests {
    private let start = Timestamp(milliseconds: 1_000_000)

    private func breaker() -> CircuitBreaker {
        CircuitBreaker(
            policy: .init(minimum: 4, failureRatio: 0.5, window: .seconds(20), openFor: .seconds(10), probes: 2))
    }

    private func opened() -> CircuitBreaker {
        var breaker = breaker()
        for _ in 0..<4 { breaker.ended(failed: true, at: start) }
        return breaker
    }

    @Test func opensWhenEnoughEndedAndEnoughOfThemFailed() {
        var breaker = breaker()
        for _ in 0..<3 { breaker.ended(failed: true, at: start) }
        #expect(breaker.state == .closed)
        breaker.ended(failed: false, at: start)
        // Only a failure opens it: a success is no reason to.
        #expect(breaker.state == .closed)
        breaker.ended(failed: true, at: start)
        #expect(breaker.state == .open(until: start + .seconds(10)))
        #expect(breaker.allowance(at: start) == 0)
    }

    @Test func staysClosedWhileFewFail() {
        var breaker = breaker()
        for _ in 0..<100 {
            breaker.ended(failed: false, at: start)
            breaker.ended(failed: false, at: start)
            breaker.ended(failed: true, at: start)
        }
        #expect(breaker.state == .closed)
        #expect(breaker.allowance(at: start) == nil)
    }

    @Test func oldFailuresLeaveTheWindow() {
        var breaker = breaker()
        for _ in 0..<3 { breaker.ended(failed: true, at: start) }
        // Half a window later they still count; a whole one later they don't.
        var later = breaker
        later.ended(failed: true, at: start + .seconds(10))
        #expect(later.state != .closed)
        breaker.ended(failed: true, at: start + .seconds(20))
        #expect(breaker.state == .closed)
    }

    @Test func aTrialThatSucceedsClosesIt() {
        var breaker = opened()
        let later = start + .seconds(10)
        #expect(breaker.allowance(at: later) == 2)
        breaker.started(2)
        #expect(breaker.allowance(at: later) == 0)
        breaker.ended(failed: false, at: later)
        #expect(breaker.state == .halfOpen(mayStart: 0, needed: 1))
        breaker.ended(failed: false, at: later)
        #expect(breaker.state == .closed)
        // What failed before is forgotten.
        for _ in 0..<3 { breaker.ended(failed: true, at: later) }
        #expect(breaker.state == .closed)
    }

    @Test func eachTrialThatFailsDoublesTheWaitUpToEightfold() {
        var breaker = opened()
        var now = start
        for wait in [10, 20, 40, 80, 80, 80] {
            #expect(breaker.state == .open(until: now + .seconds(wait)))
            #expect(breaker.allowance(at: now + .seconds(wait) - .milliseconds(1)) == 0)
            now = now + .seconds(wait)
            #expect(breaker.allowance(at: now) == 2)
            breaker.started(1)
            breaker.ended(failed: true, at: now)
        }
    }

    @Test func aTrialWithoutVerdictIsRepeated() {
        var breaker = opened()
        let later = start + .seconds(10)
        #expect(breaker.allowance(at: later) == 2)
        breaker.started(2)
        breaker.endedWithoutVerdict()
        #expect(breaker.allowance(at: later) == 1)
        breaker.ended(failed: false, at: later)
        breaker.started(1)
        breaker.ended(failed: false, at: later)
        #expect(breaker.state == .closed)
    }

    @Test func endsOfSendsThatBeganBeforeChangeNothing() {
        var breaker = opened()
        let state = breaker.state
        for failed in [true, false, true] { breaker.ended(failed: failed, at: start + .seconds(5)) }
        #expect(breaker.state == state)
    }
}
