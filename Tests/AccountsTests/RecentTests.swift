import ChannelSDK
import PortConformance
import Synchronization
import Testing

@testable import Accounts

/// A store whose answers the test gives, one for each reading.
private final class HeldAnswers: Sendable {
    typealias Answer = Result<String?, AccountStoreError>

    private struct State {
        var asked = 0
        var waiting: [CheckedContinuation<Answer, Never>] = []
        var watchers: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var asked: Int { state.withLock { $0.asked } }

    func read() async throws -> String? {
        let answer = await withCheckedContinuation { continuation in
            let watchers = state.withLock { state in
                state.asked += 1
                state.waiting.append(continuation)
                defer { state.watchers = [] }
                return state.watchers
            }
            for watcher in watchers { watcher.resume() }
        }
        return try answer.get()
    }

    /// Waits for a reading, and answers it.
    func answer(_ answer: Answer) async {
        await untilAsked()
        state.withLock { $0.waiting.removeFirst() }.resume(returning: answer)
    }

    func untilAsked() async {
        while state.withLock({ $0.waiting.isEmpty }) {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.waiting.isEmpty { state.watchers.append(continuation) }
                    return !state.waiting.isEmpty
                }
                if isThere { continuation.resume() }
            }
        }
    }
}

/// What is remembered of the store, and for how long: while it answers, while it is away, while it is silent.
@Suite(.timeLimit(.minutes(10)))
struct RecentTests {
    private static let gone = HeldAnswers.Answer.failure(.unavailable("gone"))
    private let clock = SteppedClock()
    private let store = HeldAnswers()

    private func recent(patience: Duration = .seconds(3600), bound: Int = 10) -> Recent<String> {
        Recent(.init(lifetime: .seconds(5), grace: .seconds(60), patience: patience, bound: bound), clock: clock)
    }

    private func value(_ recent: Recent<String>, _ key: String = "k", answer: HeldAnswers.Answer) async throws
        -> String?
    {
        async let value = recent.value(for: key) { [store] in try await store.read() }
        await store.answer(answer)
        return try await value
    }

    /// Without a reading: it would never be answered.
    private func remembered(_ recent: Recent<String>, _ key: String = "k") async throws -> String? {
        try await recent.value(for: key) {
            Issue.record("the store was asked")
            return nil
        }
    }

    @Test func theStoreIsAskedOncePerLifetime() async throws {
        let recent = recent()
        #expect(try await value(recent, answer: .success("a")) == "a")
        clock.advance(by: .milliseconds(4999))
        #expect(try await remembered(recent) == "a")
        clock.advance(by: .milliseconds(1))
        #expect(try await value(recent, answer: .success("b")) == "b")
        #expect(try await remembered(recent) == "b")
        #expect(store.asked == 2)
    }

    @Test func whatWasKnownHoldsForTheGraceWhileTheStoreIsGone() async throws {
        let recent = recent()
        #expect(try await value(recent, answer: .success("a")) == "a")
        clock.advance(by: .milliseconds(59_999))
        // Each time anew: the grace is counted from the store's last word.
        for _ in 0..<3 { #expect(try await value(recent, answer: Self.gone) == "a") }
        clock.advance(by: .milliseconds(1))
        await #expect(throws: AccountStoreError.unavailable("gone")) { try await value(recent, answer: Self.gone) }
        // Nor does a value of nobody's become one.
        await #expect(throws: AccountStoreError.unavailable("gone")) {
            try await value(recent, "other", answer: Self.gone)
        }
    }

    @Test func theStoresWordCountsAtOnce() async throws {
        let recent = recent()
        #expect(try await value(recent, answer: .success("good")) == "good")
        clock.advance(by: .seconds(10))
        #expect(try await value(recent, answer: Self.gone) == "good")
        #expect(try await value(recent, answer: .success("revoked")) == "revoked")
        clock.advance(by: .seconds(10))
        #expect(try await value(recent, answer: Self.gone) == "revoked")
        // That there is none any more is an answer, too.
        #expect(try await value(recent, answer: .success(nil)) == nil)
        await #expect(throws: AccountStoreError.unavailable("gone")) { try await value(recent, answer: Self.gone) }
    }

    @Test func aDamagedStoreIsNotOneThatIsAway() async throws {
        let recent = recent()
        #expect(try await value(recent, answer: .success("a")) == "a")
        clock.advance(by: .seconds(10))
        await #expect(throws: AccountStoreError.failed("damaged")) {
            try await value(recent, answer: .failure(.failed("damaged")))
        }
    }

    @Test func aClockThatWasSetBackMakesNothingLast() async throws {
        let recent = recent()
        #expect(try await value(recent, answer: .success("a")) == "a")
        clock.advance(by: .seconds(-1))
        await #expect(throws: AccountStoreError.unavailable("gone")) { try await value(recent, answer: Self.gone) }
    }

    @Test func allWhoAskShareOneReading() async throws {
        let (recent, store) = (recent(), store)
        try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<50 { group.addTask { try await recent.value(for: "k") { try await store.read() } } }
            await store.answer(.success("a"))
            for try await value in group { #expect(value == "a") }
        }
        // Who came after the answer found it remembered.
        #expect(store.asked == 1)
    }

    @Test func aSilentStoreIsWaitedForOnce() async throws {
        let (recent, store) = (recent(patience: .milliseconds(20)), store)
        #expect(try await value(recent, answer: .success("a")) == "a")
        clock.advance(by: .seconds(10))
        for _ in 0..<20 { #expect(try await recent.value(for: "k") { try await store.read() } == "a") }
        #expect(store.asked == 2)
        // The late answer is the store's word all the same.
        await store.answer(.success("b"))
        while try await recent.value(for: "k", { try await store.read() }) != "b" {
            try Task.checkCancellation()
            await Task.yield()
        }
        #expect(store.asked == 2)
    }

    @Test func whatIsForgottenMeanwhileIsNotKept() async throws {
        let (recent, store) = (recent(), store)
        async let old = recent.value(for: "k") { try await store.read() }
        await store.untilAsked()
        recent.forget("k")
        #expect(store.asked == 1)
        async let new = recent.value(for: "k") { "new" }
        #expect(try await new == "new")
        await store.answer(.success("old"))
        #expect(try await old == "old")
        #expect(try await remembered(recent) == "new")
    }

    @Test func whatIsForgottenDisturbsNoOther() async throws {
        let (recent, store) = (recent(), store)
        async let first = recent.value(for: "k") { try await store.read() }
        await store.untilAsked()
        recent.forget("other")
        await store.answer(.success("a"))
        #expect(try await first == "a")
        #expect(try await remembered(recent) == "a")
    }

    @Test func theMemoryIsBounded() async throws {
        let recent = recent(bound: 3)
        for number in 0..<4 { #expect(try await value(recent, "k\(number)", answer: .success("a")) == "a") }
        #expect(try await remembered(recent, "k3") == "a")
        #expect(try await value(recent, "k0", answer: .success("b")) == "b")
    }

    /// The whole way: a key that was good goes on for the grace, another's is refused as unavailable.
    @Test func whoWasLetInIsLetInWhileTheStoreIsAway() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let used = try await bench.service.createKey(for: user.id, name: "used", scopes: [.sendNotifications])
        let other = try await bench.service.createKey(for: user.id, name: "other", scopes: [.sendNotifications])
        let header = "Bearer " + used.text.revealed
        _ = try await bench.service.authenticate(authorization: header)
        bench.store.goDown()
        bench.clock.advance(by: AccountService.grace - .milliseconds(1))
        #expect(try await bench.service.authenticate(authorization: header).user == user.id)
        await #expect(throws: AccountError.unavailable("down")) {
            try await bench.service.authenticate(authorization: "Bearer " + other.text.revealed)
        }
        bench.clock.advance(by: .milliseconds(1))
        await #expect(throws: AccountError.unavailable("down")) {
            try await bench.service.authenticate(authorization: header)
        }
    }
}
