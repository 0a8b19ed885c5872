import Synchronization
import Testing

@testable import ChannelSDK

@Suite(.timeLimit(.minutes(10)))
struct SingleFlightTests {
    private struct Failure: Error {}

    private let flights = SingleFlight<Int>()
    private let loads = Counter()
    private let gate = Gate()

    private func load() async -> Int {
        let number = loads.next()
        await gate.wait()
        return number
    }

    /// Returns when `count` callers wait for `key`.
    private func untilWaiting(_ count: Int, for key: String) async throws {
        while flights.waiters(for: key) != count {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    @Test func manyCallersOneLoad() async throws {
        let results = try await withThrowingTaskGroup(of: Int.self) { callers in
            for _ in 0..<50 { callers.addTask { try await flights.value(for: "a") { await load() } } }
            try await untilWaiting(50, for: "a")
            gate.open()
            return try await callers.reduce(into: []) { $0.append($1) }
        }
        #expect(results == Array(repeating: 1, count: 50))
        #expect(loads.count == 1)
        // Nothing is kept: keeping is the cache's work.
        #expect(try await flights.value(for: "a") { await load() } == 2)
    }

    @Test func keysAreApart() async throws {
        gate.open()
        #expect(try await flights.value(for: "a") { await load() } == 1)
        #expect(try await flights.value(for: "b") { await load() } == 2)
    }

    @Test func anErrorIsEverybodysAndIsNotKept() async throws {
        let failures = try await withThrowingTaskGroup(of: Bool.self) { callers in
            for _ in 0..<10 {
                callers.addTask {
                    do {
                        _ = try await flights.value(for: "a") {
                            await gate.wait()
                            throw Failure()
                        }
                        return false
                    } catch { return error is Failure }
                }
            }
            try await untilWaiting(10, for: "a")
            gate.open()
            return try await callers.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(failures == 10)
        #expect(try await flights.value(for: "a") { 7 } == 7)
    }

    @Test func aCancelledCallerLeavesTheOthersTheirLoad() async throws {
        let first = Task { try await flights.value(for: "a") { await load() } }
        try await untilWaiting(1, for: "a")
        let second = Task { try await flights.value(for: "a") { await load() } }
        try await untilWaiting(2, for: "a")
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
        gate.open()
        #expect(try await second.value == 1)
        #expect(loads.count == 1)
    }

    @Test func workThatNobodyWaitsForIsCancelled() async throws {
        let isCancelled = Gate()
        let caller = Task {
            try await flights.value(for: "a") {
                await withTaskCancellationHandler {
                    await gate.wait()
                } onCancel: {
                    isCancelled.open()
                }
                return 1
            }
        }
        try await untilWaiting(1, for: "a")
        caller.cancel()
        await #expect(throws: CancellationError.self) { try await caller.value }
        await isCancelled.wait()
        // Another may begin at once, and is not confused by the end of the first.
        let second = Task { try await flights.value(for: "a") { 2 } }
        gate.open()
        #expect(try await second.value == 2)
    }

    @Test func aCallerCancelledBeforehandBeginsNothing() async throws {
        let caller = Task {
            await gate.wait()
            return try await flights.value(for: "a") { loads.next() }
        }
        caller.cancel()
        gate.open()
        await #expect(throws: CancellationError.self) { try await caller.value }
        #expect(loads.count == 0)
    }
}

/// Holds back whoever waits, until it is opened.
final class Gate: Sendable {
    private struct State {
        var isOpen = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    func open() {
        let waiters = state.withLock { state in
            state.isOpen = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { waiter in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.waiters.append(waiter) }
                return state.isOpen
            }
            if isOpen { waiter.resume() }
        }
    }
}
