import Dispatch
import Synchronization

/// Computes password hashes on threads of its own, few at a time: each takes a good part of a second and 128 MiB, and
/// neither requests nor the machine's memory must wait for them.
public final class PasswordHasher: Sendable {
    /// Too many wait already: try again in a few seconds.
    public struct Busy: Error, Sendable {}

    public let parameters: ScryptParameters
    /// How many are computed at a time.
    private let width: Int
    /// How many may wait besides.
    private let room: Int
    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "switchboard.passwords", qos: .utility, attributes: .concurrent)
    /// Compared with where there is no user, so that it takes as long as where there is one.
    private let nobody: PasswordHash

    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
        var computed = 0
    }

    public init(parameters: ScryptParameters = .standard, width: Int = 2, room: Int = 16) {
        self.parameters = parameters
        self.width = max(1, width)
        self.room = max(0, room)
        nobody = PasswordHash(withoutPassword: parameters)
    }

    /// Hashes computed so far, right, wrong or of nobody.
    var computed: Int { state.withLock { $0.computed } }
    var waiting: Int { state.withLock { $0.waiting.count } }

    /// - Throws: ``Busy``; ``PasswordHashingFailed``.
    func hash(_ password: Password) async throws -> PasswordHash {
        try await run { [parameters] in try PasswordHash(of: password, parameters) }
    }

    /// Whether `hash` is of `password`; of nil, with the same work, never.
    /// - Throws: ``Busy``; ``PasswordHashingFailed``.
    func verify(_ password: Password, against hash: PasswordHash?) async throws -> Bool {
        let compared = hash ?? nobody
        return try await run { try compared.matches(password) } && hash != nil
    }

    func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        let result: Result<Value, any Error> = await withCheckedContinuation { continuation in
            let isTaken = submit { continuation.resume(returning: Result { try work() }) }
            if !isTaken { continuation.resume(returning: .failure(Busy())) }
        }
        return try result.get()
    }

    /// False when there is no room: `job` is never run then.
    private func submit(_ job: @escaping @Sendable () -> Void) -> Bool {
        enum Place { case now, later, none }
        let place = state.withLock { state -> Place in
            if state.running < width {
                state.running += 1
                return .now
            }
            guard state.waiting.count < room else { return .none }
            state.waiting.append(job)
            return .later
        }
        if place == .now { queue.async { self.work(job) } }
        return place != .none
    }

    /// Runs `job` and then what waits, until nothing does.
    private func work(_ first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let job = next {
            // Counted before the caller hears of it.
            state.withLock { $0.computed += 1 }
            job()
            next = state.withLock { state in
                guard !state.waiting.isEmpty else {
                    state.running -= 1
                    return nil
                }
                return state.waiting.removeFirst()
            }
        }
    }
}
