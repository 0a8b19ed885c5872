internal import CLibcurl
internal import Glibc
internal import Synchronization

/// Where other threads leave submissions for the loop.
///
/// The loop is woken through an eventfd, with one write however many submissions arrive before it gets up, and with
/// none while it is busy: it looks here before it goes to sleep.
final class Inbox: Sendable {
    private struct State {
        var submissions: [Submission] = []
        /// The loop found nothing the last time it looked, and nobody has woken it since.
        var loopSleeps = false
        var stopRequested = false
        var closed = false

        /// True when the caller has to wake the loop.
        mutating func getUp() -> Bool {
            defer { loopSleeps = false }
            return loopSleeps
        }
    }

    private let state = Mutex(State())
    /// Readable when there is something to look for. Closed in deinit: after the loop and the transport let go of it.
    let wakeDescriptor: Int32

    init() throws(CurlTransport.StartError) {
        wakeDescriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard wakeDescriptor >= 0 else { throw CurlTransport.StartError(step: "eventfd", errorNumber: errno) }
    }

    deinit { Glibc.close(wakeDescriptor) }

    /// False when the loop has ended and won't look here again.
    func put(_ submission: Submission) -> Bool {
        let (taken, wake) = state.withLock { state in
            guard !state.closed else { return (false, false) }
            state.submissions.append(submission)
            return (true, state.getUp())
        }
        if wake { ring() }
        return taken
    }

    func requestStop() {
        let wake = state.withLock { state in
            state.stopRequested = true
            return state.getUp()
        }
        if wake { ring() }
    }

    /// What came since the last look. With nothing there the loop counts as asleep, and the next sender rings.
    func take() -> (submissions: [Submission], stopRequested: Bool) {
        state.withLock { state in
            defer { state.submissions = [] }
            state.loopSleeps = state.submissions.isEmpty && !state.stopRequested
            return (state.submissions, state.stopRequested)
        }
    }

    /// The last look: from now on `put` refuses.
    func close() -> [Submission] {
        state.withLock { state in
            defer { state.submissions = [] }
            state.closed = true
            return state.submissions
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
