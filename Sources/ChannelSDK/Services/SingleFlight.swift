import Synchronization

/// Single-flight: of all who ask for the same key at once, in this process, one does the work and all get its result.
///
/// The work is not tied to the caller who happened to be first: one who is cancelled leaves alone with a
/// `CancellationError`, and the work itself is cancelled when nobody waits for it any more. Results and errors go to
/// those who wait and are not kept: keep them in the cache, within the work, so that whoever comes just afterwards finds
/// them there.
public final class SingleFlight<Value: Sendable>: Sendable {
    private typealias Waiter = CheckedContinuation<Value, any Error>

    private struct Flight {
        let number: Int
        var work: Task<Void, Never>?
        var waiters: [Int: Waiter] = [:]
    }

    private struct State {
        var flights: [String: Flight] = [:]
        /// Tells flights and callers apart: a key may fly again at once.
        var lastNumber = 0

        mutating func nextNumber() -> Int {
            lastNumber += 1
            return lastNumber
        }
    }

    private let state = Mutex(State())

    public init() {}

    /// The result of `work` for `key`: begun now, or under way already.
    /// - Throws: what `work` throws; `CancellationError` when the caller is cancelled.
    public func value(for key: String, work: @escaping @Sendable () async throws -> Value) async throws -> Value {
        let caller = state.withLock { $0.nextNumber() }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { join(key, as: caller, waiter: $0, work) }
        } onCancel: {
            leave(key, as: caller)
        }
    }

    /// How many wait for `key`.
    func waiters(for key: String) -> Int { state.withLock { $0.flights[key]?.waiters.count ?? 0 } }

    private func join(
        _ key: String, as caller: Int, waiter: Waiter, _ work: @escaping @Sendable () async throws -> Value
    ) {
        // Cancelled before it came here: `leave` has looked for it in vain, or will find it.
        guard !Task.isCancelled else { return waiter.resume(throwing: CancellationError()) }
        state.withLock { state in
            if state.flights[key] == nil {
                let number = state.nextNumber()
                state.flights[key] = Flight(number: number)
                // The task can't land before it is entered here: landing takes the same lock.
                state.flights[key]?.work = Task { await self.fly(key, number, work) }
            }
            state.flights[key]?.waiters[caller] = waiter
        }
        // Cancelled in between: `leave` may have come before the waiter was there.
        if Task.isCancelled { leave(key, as: caller) }
    }

    private func fly(_ key: String, _ number: Int, _ work: @Sendable () async throws -> Value) async {
        let result: Result<Value, any Error>
        do { result = .success(try await work()) } catch { result = .failure(error) }
        let waiters = state.withLock { state in
            guard state.flights[key]?.number == number else { return [:] as [Int: Waiter] }
            return state.flights.removeValue(forKey: key)?.waiters ?? [:]
        }
        for waiter in waiters.values { waiter.resume(with: result) }
    }

    private func leave(_ key: String, as caller: Int) {
        let (waiter, abandoned) = state.withLock { state -> (Waiter?, Task<Void, Never>?) in
            guard let waiter = state.flights[key]?.waiters.removeValue(forKey: caller) else { return (nil, nil) }
            guard state.flights[key]?.waiters.isEmpty == true else { return (waiter, nil) }
            return (waiter, state.flights.removeValue(forKey: key)?.work)
        }
        abandoned?.cancel()
        waiter?.resume(throwing: CancellationError())
    }
}
