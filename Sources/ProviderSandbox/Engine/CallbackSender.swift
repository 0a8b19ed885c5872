import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization

/// Sends callbacks, from as many event loops as the group has.
final class CallbackSender: Service {
    private let loops: [CallbackLoop]
    private let turn = Atomic<Int>(0)

    /// - Parameter limits: the connections are shared out over the loops, at least one each.
    init(limits: CallbackDispatcher.Limits, journal: any CallbackJournal, group: any EventLoopGroup) {
        let eventLoops = Array(group.makeIterator())
        var share = limits
        share.connectionsPerReceiver = max(1, limits.connectionsPerReceiver / eventLoops.count)
        loops = eventLoops.map { CallbackLoop(eventLoop: $0, limits: share, journal: journal) }
    }

    /// Begins to send a message's reports.
    func send(_ plan: ReportPlan, of source: any CallbackSource, reference: LedgerReference?) {
        let callbacks = Callback.beginning(plan, of: source, reference: reference, at: .now())
        guard !callbacks.isEmpty else { return }
        let index = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        loops[Int(UInt(bitPattern: index) % UInt(loops.count))].submit(callbacks)
    }

    /// Forgets every callback that is not on its way yet.
    func discardAll() {
        for loop in loops { loop.discardAll() }
    }

    /// Runs until graceful shutdown, then closes the connections: callbacks not sent by then are not sent.
    func run() async throws {
        try? await gracefulShutdown()
        for loop in loops { loop.stop() }
    }
}

/// The way onto one event loop: callbacks that come while it is busy are handed over together.
final class CallbackLoop: Sendable {
    private struct Inbox {
        var callbacks: [Callback] = []
        var isAnnounced = false
    }

    private let eventLoop: any EventLoop
    private let inbox = Mutex(Inbox())
    private let dispatcher: NIOLoopBoundBox<CallbackDispatcher?>

    init(eventLoop: any EventLoop, limits: CallbackDispatcher.Limits, journal: any CallbackJournal) {
        self.eventLoop = eventLoop
        dispatcher = .makeEmptyBox(eventLoop: eventLoop)
        eventLoop.execute { [dispatcher] in
            dispatcher.value = CallbackDispatcher(eventLoop: eventLoop, limits: limits, journal: journal)
        }
    }

    func submit(_ callbacks: [Callback]) {
        let mustAnnounce = inbox.withLock { inbox in
            inbox.callbacks += callbacks
            defer { inbox.isAnnounced = true }
            return !inbox.isAnnounced
        }
        guard mustAnnounce else { return }
        eventLoop.execute { self.takeInbox() }
    }

    func discardAll() {
        inbox.withLock { $0.callbacks = [] }
        eventLoop.execute { self.dispatcher.value?.discardAll() }
    }

    func stop() {
        eventLoop.execute { self.dispatcher.value?.stop() }
    }

    private func takeInbox() {
        let callbacks = inbox.withLock { inbox in
            defer { inbox = Inbox() }
            return inbox.callbacks
        }
        dispatcher.value?.submit(callbacks)
    }
}
