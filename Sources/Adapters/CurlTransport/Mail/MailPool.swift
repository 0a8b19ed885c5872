internal import ChannelSDK
internal import Synchronization

/// Carries mails, on a thread for each connection: libcurl's SMTP waits for the reply to a message, and for the one to
/// QUIT, inside its own call, also under a multi handle (seen in 7.88.1: `smtp_done` blocks). On a loop with others a
/// server that thinks for a second about each message would hold up everything else for that second.
///
/// A thread belongs to one server, as one user and with one kind of security, and keeps its connection to it. So a
/// connection in the clear is never used for a mail that asks for TLS, which libcurl does not see to.
final class MailPool: Sendable {
    private struct Line {
        var waiting = FIFO<MailJob>()
        /// The one that came last is called first, so that the others may end.
        var idle: [MailWorker] = []
        var workers = 0
    }

    private struct State {
        var lines: [SMTPServer: Line] = [:]
        var workers: [ObjectIdentifier: MailWorker] = [:]
        var isStopped = false
    }

    private enum Start {
        case nothing
        case wake(MailWorker)
        case worker(MailWorker)
        case stopped
    }

    let configuration: CurlTransport.Configuration
    private let state = Mutex(State())
    private let end = LoopEnd()

    init(_ configuration: CurlTransport.Configuration) { self.configuration = configuration }

    func submit(_ batch: MailBatch, defaultTimeout: Duration) {
        let now = monotonicMilliseconds()
        for (index, mail) in batch.mails.enumerated() {
            let deadline = Deadline(start: now, timeout: mail.timeout ?? defaultTimeout)
            let job = MailJob(batch: batch, index: index, deadline: deadline)
            if let problem = MailCheck.problem(with: mail) {
                job.fail(.invalidRequest, "the mail can't be sent: \(problem)")
            } else {
                admit(job)
            }
        }
    }

    private func admit(_ job: MailJob) {
        let server = job.mail.server
        let start: Start = state.withLock { state in
            guard !state.isStopped else { return .stopped }
            if let worker = state.lines[server, default: Line()].idle.popLast() {
                worker.assign(job)
                return .wake(worker)
            }
            guard state.lines[server, default: Line()].workers < configuration.maxMailConnectionsPerServer else {
                state.lines[server]?.waiting.append(job)
                return .nothing
            }
            let worker = MailWorker(pool: self, server: server, first: job)
            state.lines[server, default: Line()].workers += 1
            state.workers[ObjectIdentifier(worker)] = worker
            return .worker(worker)
        }
        switch start {
        case .nothing: break
        case .stopped: job.finish(.failure(.stopped))
        case .wake(let worker): worker.wake()
        case .worker(let worker): run(worker, job)
        }
    }

    private func run(_ worker: MailWorker, _ job: MailJob) {
        do throws(CurlTransport.StartError) {
            try DetachedThread.start {
                worker.run()
                self.leave(worker)
            }
        } catch {
            leave(worker)
            job.fail(.other, "no thread for the mail: \(error); not sent")
        }
    }

    // MARK: What workers ask

    /// The next mail for `worker`; with none it counts as idle, and is woken when one has been assigned to it.
    func next(for worker: MailWorker) -> MailJob? {
        while true {
            let job = state.withLock { state -> MailJob? in
                if let job = state.lines[worker.server]?.waiting.popFirst() { return job }
                if !state.isStopped { state.lines[worker.server]?.idle.append(worker) }
                return nil
            }
            guard let job, job.deadline.isTooLateToStart(now: monotonicMilliseconds()) else { return job }
            job.fail(.timeout, "too many mails to \(worker.server) are under way; this one was not sent")
        }
    }

    /// No mail is assigned to `worker` any more; one may have been just before.
    func dismiss(_ worker: MailWorker) {
        state.withLock { state in
            guard let index = state.lines[worker.server]?.idle.firstIndex(where: { $0 === worker }) else { return }
            state.lines[worker.server]?.idle.remove(at: index)
        }
    }

    private func leave(_ worker: MailWorker) {
        let (orphans, isOver) = state.withLock { state -> (FIFO<MailJob>, Bool) in
            state.workers[ObjectIdentifier(worker)] = nil
            state.lines[worker.server]?.workers -= 1
            var orphans = FIFO<MailJob>()
            if state.lines[worker.server]?.workers == 0 {
                orphans = state.lines.removeValue(forKey: worker.server)?.waiting ?? orphans
            } else if let job = state.lines[worker.server]?.waiting.popFirst() {
                orphans.append(job)
            }
            return (orphans, state.isStopped && state.workers.isEmpty)
        }
        // Nothing waited when the worker decided to go, but it counted until now: its place is another's.
        var rest = orphans
        while let job = rest.popFirst() { admit(job) }
        if isOver { end.signal() }
    }

    // MARK: Stopping

    func requestStop() {
        let (workers, waiting) = state.withLock { state in
            state.isStopped = true
            var waiting: [MailJob] = []
            for server in state.lines.keys {
                while let job = state.lines[server]?.waiting.popFirst() { waiting.append(job) }
                state.lines[server]?.idle = []
            }
            return (Array(state.workers.values), waiting)
        }
        for job in waiting { job.finish(.failure(.stopped)) }
        if workers.isEmpty { end.signal() }
        for worker in workers { worker.stop() }
    }

    func waitForEnd() async { await end.wait() }
}
