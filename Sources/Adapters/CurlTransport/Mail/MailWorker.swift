internal import CLibcurl
internal import ChannelSDK
internal import Glibc
internal import Synchronization

/// A thread with one connection to one mail server, which carries one mail after the other.
final class MailWorker: Sendable {
    private struct State {
        var assigned: MailJob?
        /// Open sockets, so that stopping can end what waits on them.
        var sockets: Set<Int32> = []
        var isStopped = false
    }

    let server: SMTPServer
    private unowned let pool: MailPool
    private let state: Mutex<State>
    /// Readable when there is something to look for.
    private let bell: Int32

    init(pool: MailPool, server: SMTPServer, first job: MailJob) {
        self.pool = pool
        self.server = server
        state = Mutex(State(assigned: job))
        bell = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    }

    deinit { if bell >= 0 { Glibc.close(bell) } }

    // MARK: The thread

    /// Until no mail has come for as long as a connection may idle.
    func run() {
        guard let transfer = MailTransfer(worker: self, configuration: pool.configuration) else {
            take()?.fail(.other, "out of memory for mails; not sent")
            return
        }
        defer { transfer.close() }
        var job = take()
        while let current = job {
            let result = carry(current, transfer)
            // Before the caller hears of the end: the next mail, which may follow from it, finds this connection.
            let next = pool.next(for: self)
            current.finish(result)
            job = next ?? wait()
        }
    }

    private func carry(_ job: MailJob, _ transfer: MailTransfer) -> SMTPResult {
        guard !isStopped else { return .failure(.stopped) }
        return transfer.carry(job.mail, milliseconds: job.deadline.remaining(now: monotonicMilliseconds()))
    }

    private func take() -> MailJob? {
        state.withLock { state in
            defer { state.assigned = nil }
            return state.assigned
        }
    }

    /// The next mail, or nil when it is time to go: after long enough, or when the server has ended the connection.
    private func wait() -> MailJob? {
        let end = monotonicMilliseconds() + pool.configuration.maxIdleTime.wholeMilliseconds
        while !isStopped {
            let left = end - monotonicMilliseconds()
            // Without a descriptor for the bell there is no waiting, and a connection for each mail.
            if left <= 0 || bell < 0 { break }
            let speaks = Self.readable([bell] + state.withLock { $0.sockets }, milliseconds: left)
            if speaks.contains(bell) {
                var count: UInt64 = 0
                _ = read(bell, &count, MemoryLayout<UInt64>.size)
                if let job = take() { return job }
            } else if !speaks.isEmpty {
                break
            }
        }
        pool.dismiss(self)
        return take()
    }

    /// True when the server has said something that nobody asked for, which is goodbye. libcurl does not look.
    var isConnectionStale: Bool { !Self.readable(state.withLock { Array($0.sockets) }, milliseconds: 0).isEmpty }

    private static func readable(_ descriptors: [Int32], milliseconds: Int) -> [Int32] {
        var polled = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        guard poll(&polled, nfds_t(polled.count), Int32(clamping: milliseconds)) > 0 else { return [] }
        return polled.filter { $0.revents != 0 }.map(\.fd)
    }

    // MARK: From other threads

    /// Under the pool's lock, while idle.
    func assign(_ job: MailJob) { state.withLock { $0.assigned = job } }

    func wake() {
        var one: UInt64 = 1
        _ = write(bell, &one, MemoryLayout<UInt64>.size)
    }

    /// Ends what is under way.
    func stop() {
        state.withLock { $0.isStopped = true }
        cutConnections()
        wake()
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    // MARK: Sockets

    func open(family: Int32, type: Int32, protocol: Int32) -> Int32 {
        state.withLock { state in
            guard !state.isStopped else { return -1 }
            let socket = socket(family, type | Int32(SOCK_CLOEXEC.rawValue), `protocol`)
            if socket >= 0 { state.sockets.insert(socket) }
            return socket
        }
    }

    /// What waits on one, in libcurl, goes on at once.
    func cutConnections() {
        state.withLock { state in
            for socket in state.sockets { shutdown(socket, Int32(SHUT_RDWR)) }
        }
    }

    /// Under the lock, so that cutting never meets a connection that got the same number.
    func close(_ socket: Int32) -> Int32 {
        state.withLock { state in
            state.sockets.remove(socket)
            return Glibc.close(socket)
        }
    }
}
