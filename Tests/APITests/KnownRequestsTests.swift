import ChannelSDK
import Pipeline
import Synchronization
import Testing

@testable import API

/// A store whose answers the test gives.
private final class HeldStore: NotificationReader {
    private struct State {
        var questions: [(ids: [NotificationID], continuation: CheckedContinuation<Bool, Never>)] = []
        var asked = 0
        var watchers: [CheckedContinuation<Void, Never>] = []
        var isOpen = false
    }

    private let state = Mutex(State())

    func projected(_ ids: [NotificationID]) async throws(StoreError) -> [NotificationID: ProjectedRequest] {
        let isThere = await withCheckedContinuation { continuation in
            let (watchers, isOpen) = state.withLock { state in
                if !state.isOpen { state.questions.append((ids, continuation)) }
                state.asked += 1
                defer { state.watchers = [] }
                return (state.watchers, state.isOpen)
            }
            for watcher in watchers { watcher.resume() }
            if isOpen { continuation.resume(returning: true) }
        }
        guard isThere else { throw .unavailable("gone") }
        let request = ProjectedRequest(payload: .init(bytes: [1]), steps: ["sms"], urgency: .normal)
        return Dictionary(ids.map { ($0, request) }, uniquingKeysWith: { first, _ in first })
    }

    func notification(_ id: NotificationID) async throws(StoreError) -> NotificationView? { nil }

    func counts() async throws(StoreError) -> StoreCounts {
        StoreCounts(notifications: 0, open: 0, ready: 0, claimed: 0, parked: 0)
    }

    /// Waits for the question with this number, from 1, and gives its ids.
    func question(_ number: Int) async -> [NotificationID] {
        while state.withLock({ $0.asked }) < number {
            await withCheckedContinuation { continuation in
                let isThere = state.withLock { state in
                    if state.asked < number { state.watchers.append(continuation) }
                    return state.asked >= number
                }
                if isThere { continuation.resume() }
            }
        }
        return state.withLock { $0.questions.last?.ids ?? [] }
    }

    /// Answers what has been asked, and from now on at once.
    func open() {
        state.withLock { $0.isOpen = true }
        answer(isThere: true)
    }

    func answer(isThere: Bool) {
        let questions = state.withLock { state in
            defer { state.questions = [] }
            return state.questions
        }
        for question in questions { question.continuation.resume(returning: isThere) }
    }
}

@Suite(.timeLimit(.minutes(10)))
struct KnownRequestsTests {
    private static func id(_ number: Int) -> NotificationID { NotificationID(high: 0, low: UInt64(number)) }

    @Test func whoAsksMeanwhileSharesTheNextQuestion() async throws {
        let store = HeldStore()
        let requests = KnownRequests(store, patience: .seconds(60))
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask { await requests.known([Self.id(0)]) != nil }
            #expect(await store.question(1) == [Self.id(0)])
            for number in 1...20 { group.addTask { await requests.known([Self.id(number)])?[Self.id(number)] != nil } }
            var waiting = 0
            while waiting < 20 {
                try Task.checkCancellation()
                waiting = requests.waitingCallers
                await Task.yield()
            }
            store.answer(isThere: true)
            #expect(Set(await store.question(2)) == Set((1...20).map { Self.id($0) }))
            store.answer(isThere: true)
            for try await isKnown in group { #expect(isKnown) }
        }
    }

    @Test func aStoreThatIsGoneTellsNothing() async {
        let store = HeldStore()
        let requests = KnownRequests(store, patience: .seconds(60))
        async let answer = requests.known([Self.id(1)])
        _ = await store.question(1)
        store.answer(isThere: false)
        #expect(await answer == nil)
    }

    @Test func aSilentStoreIsWaitedForOnce() async throws {
        let store = HeldStore()
        let requests = KnownRequests(store, patience: .milliseconds(20))
        #expect(await requests.known([Self.id(1)]) == nil)
        // While that question is out, nobody waits any more.
        #expect(await requests.known([Self.id(2)]) == nil)
        #expect(await store.question(1) == [Self.id(1)])
        store.open()
        while await requests.known([Self.id(3)]) == nil {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Patience that ends just as the answer comes has no effect on the questions after it.
    @Test func patienceThatEndsWithTheAnswerIsForgotten() async throws {
        let store = HeldStore()
        let requests = KnownRequests(store, patience: .zero)
        store.open()
        for number in 0..<2000 { _ = await requests.known([Self.id(number)]) }
        var known = 0
        while known < 10 {
            try Task.checkCancellation()
            known += await requests.known([Self.id(0)]) == nil ? 0 : 1
            await Task.yield()
        }
    }
}
