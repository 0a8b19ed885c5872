import Synchronization

/// How far the store has followed the log, and a place to wait for it.
///
/// This replica's projector reports its partitions here. Other replicas' are looked up in the store: now and then by
/// ``refresh()``, and often while somebody waits.
public final class ProjectionProgress: Sendable {
    private struct Waiter {
        let offset: Int64
        let partition: Int
        let continuation: CheckedContinuation<Bool, Never>
    }

    private struct State {
        var offsets: [Int: Int64] = [:]
        var waiters: [UInt64: Waiter] = [:]
        var nextWaiter: UInt64 = 0
        var isPolling = false
    }

    private let state = Mutex(State())

    private let lookUp: (@Sendable () async throws -> [Int: Int64])?

    /// - Parameter lookUp: asks the store; nil when this process projects every partition.
    public init(lookUp: (@Sendable () async throws -> [Int: Int64])? = nil) { self.lookUp = lookUp }

    public func offset(of partition: Int) -> Int64 { state.withLock { $0.offsets[partition] ?? 0 } }

    /// Records below `offset` are in the store.
    public func advance(to offset: Int64, partition: Int) {
        let reached = state.withLock { state -> [Waiter] in
            state.offsets[partition] = max(offset, state.offsets[partition] ?? 0)
            guard !state.waiters.isEmpty else { return [] }
            let done = state.waiters.filter { $0.value.partition == partition && $0.value.offset <= offset }
            for key in done.keys { state.waiters[key] = nil }
            return Array(done.values)
        }
        for waiter in reached { waiter.continuation.resume(returning: true) }
    }

    /// Waits until records below `offset` are in the store; false when `patience` ran out before.
    public func reaches(_ offset: Int64, partition: Int, within patience: Duration) async -> Bool {
        if self.offset(of: partition) >= offset { return true }
        let key = state.withLock { state in
            state.nextWaiter += 1
            return state.nextWaiter
        }
        return await withCheckedContinuation { continuation in
            let isReached = state.withLock { state -> Bool in
                guard (state.offsets[partition] ?? 0) < offset else { return true }
                state.waiters[key] = Waiter(offset: offset, partition: partition, continuation: continuation)
                return false
            }
            if isReached { return continuation.resume(returning: true) }
            pollWhileAnybodyWaits()
            Task {
                try? await Task.sleep(for: patience)
                giveUp(key)
            }
        }
    }

    /// Asks the store how far all partitions are.
    public func refresh() async throws {
        guard let lookUp else { return }
        for (partition, offset) in try await lookUp() { advance(to: offset, partition: partition) }
    }

    private func pollWhileAnybodyWaits() {
        guard lookUp != nil else { return }
        let begins = state.withLock { state in
            defer { state.isPolling = true }
            return !state.isPolling
        }
        guard begins else { return }
        Task {
            while anybodyWaits() {
                try? await refresh()
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }

    private func anybodyWaits() -> Bool {
        state.withLock { state in
            state.isPolling = !state.waiters.isEmpty
            return state.isPolling
        }
    }

    private func giveUp(_ key: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: key) }
        waiter?.continuation.resume(returning: false)
    }
}
