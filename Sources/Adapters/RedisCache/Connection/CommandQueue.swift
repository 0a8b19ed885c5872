import CHiredis
import Glibc
import Synchronization

/// Where callers leave their commands for the connection's thread, and the circuit that keeps them from it while the
/// server is gone.
///
/// The thread is woken through an eventfd, with one write however many callers come before it gets up, and with none
/// while it is busy: it looks here before it goes to sleep.
final class CommandQueue: Sendable {
    private enum Circuit {
        /// Not connected yet: callers wait for the first try to connect, as long as that may take.
        case starting
        case closed
        /// Callers are sent away at once until the thread has connected again.
        case open(RedisError)
    }

    private struct State {
        var circuit = Circuit.starting
        var submissions: [Submission] = []
        var commands = 0
        var bytes = 0
        /// The thread found nothing the last time it looked, and nobody has woken it since.
        var threadSleeps = false
        var stopRequested = false

        /// True when the caller has to wake the thread.
        mutating func getUp() -> Bool {
            defer { threadSleeps = false }
            return threadSleeps
        }

        mutating func takeAll() -> [Submission] {
            defer { (submissions, commands, bytes) = ([], 0, 0) }
            return submissions
        }
    }

    /// So much may wait here; a caller who comes then is sent away.
    private static let commandBound = 100_000
    private static let byteBound = 64 << 20

    private let state = Mutex(State())
    /// How much longer whoever comes before the first try to connect has ended may wait.
    private let startAllowance: Duration
    /// Readable when there is something to look for.
    let wakeDescriptor: Int32

    init(startAllowance: Duration) throws(RedisError) {
        self.startAllowance = startAllowance
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0 else {
            throw RedisError(.unreachable, "can't start a connection to Redis: eventfd failed with errno \(errno)")
        }
    }

    deinit { Glibc.close(wakeDescriptor) }

    // MARK: Callers

    /// Takes `submission` in, or ends it.
    func put(_ submission: Submission) {
        let (refusal, wake) = state.withLock { state -> (RedisError?, Bool) in
            if state.stopRequested { return (.closed, false) }
            if case .open(let error) = state.circuit { return (error, false) }
            let bytes = submission.commands.bytes.count
            // What is larger than the bound passes where nothing else waits.
            guard
                state.submissions.isEmpty
                    || state.commands < Self.commandBound && state.bytes + bytes <= Self.byteBound
            else { return (.busy, false) }
            if case .starting = state.circuit {
                state.submissions.append(submission.waiting(longer: startAllowance))
            } else {
                state.submissions.append(submission)
            }
            state.commands += submission.commands.count
            state.bytes += bytes
            return (nil, state.getUp())
        }
        if let refusal { submission.end(.failure(refusal)) }
        if wake { ring() }
    }

    /// Whether callers are let through.
    var isConnected: Bool {
        state.withLock { if case .closed = $0.circuit { !$0.stopRequested } else { false } }
    }

    /// How many commands wait to be sent.
    var waitingCommands: Int { state.withLock { $0.commands } }

    /// Ends the waiting for the first try to connect, which a slow resolution of the host's name can make long.
    func giveUpStarting(_ error: RedisError) {
        let waiting = state.withLock { state -> [Submission] in
            guard case .starting = state.circuit else { return [] }
            state.circuit = .open(error)
            return state.takeAll()
        }
        for submission in waiting { submission.end(.failure(error)) }
    }

    /// Sends away all who wait, and whoever comes later.
    func requestStop() {
        let waiting = state.withLock { state in
            state.stopRequested = true
            return state.takeAll()
        }
        for submission in waiting { submission.end(.failure(.closed)) }
        ring()
    }

    // MARK: The thread

    var isStopping: Bool { state.withLock { $0.stopRequested } }

    func closeCircuit() { state.withLock { $0.circuit = .closed } }

    func openCircuit(_ error: RedisError) {
        let waiting = state.withLock { state in
            state.circuit = .open(error)
            return state.takeAll()
        }
        for submission in waiting { submission.end(.failure(error)) }
    }

    /// What came since the last look, for one batch: as many as have together not much more than the bounds. With
    /// nothing there the thread counts as asleep, and the next caller rings.
    func take(commandBound: Int, byteBound: Int) -> [Submission] {
        state.withLock { state in
            var (end, commands, bytes) = (0, 0, 0)
            while end < state.submissions.count, commands < commandBound, bytes < byteBound {
                commands += state.submissions[end].commands.count
                bytes += state.submissions[end].commands.bytes.count
                end += 1
            }
            state.threadSleeps = end == 0
            state.commands -= commands
            state.bytes -= bytes
            guard end < state.submissions.count else {
                defer { state.submissions = [] }
                return state.submissions
            }
            defer { state.submissions.removeFirst(end) }
            return Array(state.submissions[..<end])
        }
    }

    /// Makes the descriptor quiet again.
    func silence() {
        var count: UInt64 = 0
        _ = read(wakeDescriptor, &count, MemoryLayout<UInt64>.size)
    }

    private func ring() {
        var one: UInt64 = 1
        _ = write(wakeDescriptor, &one, MemoryLayout<UInt64>.size)
    }
}

extension RedisError {
    static let closed = RedisError(.closed, "the connection to Redis was closed")
    static let busy = RedisError(.busy, "too many commands wait for Redis; this one was not sent")
}
