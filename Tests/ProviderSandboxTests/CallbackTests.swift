import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("The order and the retries of callbacks")
struct CallbackTests {
    private final class Source: CallbackSource {
        let url: CallbackURL

        init() throws {
            url = try CallbackURL("http://127.0.0.1:1/")
        }

        func writeRequest(step: Int, into buffer: inout ByteBuffer) {}
    }

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func plan(_ delays: [Int64], shuffled: Bool = false, dropped: Bool = false) -> ReportPlan {
        let reports = delays.enumerated().map { PlannedReport(step: $0, delay: .milliseconds($1)) }
        return ReportPlan(reports: reports, isDropped: dropped, isShuffled: shuffled)
    }

    @Test("in order, a report leads to the next once it is dealt with")
    func chain() throws {
        let callbacks = Callback.beginning(plan([20, 30]), of: try Source(), reference: nil, at: start)
        let first = try #require(callbacks.first)
        #expect(callbacks.count == 1)
        #expect(first.due == start + .milliseconds(20))
        let second = try #require(first.next(at: start + .milliseconds(100)))
        #expect(second.step == 1)
        #expect(second.due == start + .milliseconds(130))
        #expect(second.next(at: start) == nil)
    }

    @Test("shuffled, all begin at once and none leads to another")
    func shuffled() throws {
        let callbacks = Callback.beginning(plan([5, 9], shuffled: true), of: try Source(), reference: nil, at: start)
        #expect(callbacks.map(\.due) == [start + .milliseconds(5), start + .milliseconds(9)])
        #expect(callbacks.allSatisfy { $0.next(at: start) == nil })
    }

    @Test("dropped, none begins")
    func dropped() throws {
        #expect(Callback.beginning(plan([0, 0], dropped: true), of: try Source(), reference: nil, at: start).isEmpty)
        #expect(Callback.beginning(plan([]), of: try Source(), reference: nil, at: start).isEmpty)
    }

    @Test("retries wait twice as long each time up to a limit, and end in time")
    func retries() throws {
        let policy = CallbackRetryPolicy(
            longest: .seconds(10), firstDelay: .seconds(1), longestDelay: .seconds(3))
        var callback = try #require(Callback.beginning(plan([0]), of: try Source(), reference: nil, at: start).first)
        var waits: [Int64] = []
        while let again = callback.again(at: callback.due, by: policy) {
            waits.append((again.due - callback.due).nanoseconds / 1_000_000_000)
            #expect(again.attempt == callback.attempt + 1)
            callback = again
        }
        #expect(waits == [1, 2, 3, 3])
    }

    @Test("a retry delay never overflows, however many tries there were", arguments: [1, 30, 64, 1_000_000])
    func delay(attempt: Int) {
        let policy = CallbackRetryPolicy()
        #expect(policy.delay(afterAttempt: attempt) == (attempt == 1 ? policy.firstDelay : policy.longestDelay))
    }
}
