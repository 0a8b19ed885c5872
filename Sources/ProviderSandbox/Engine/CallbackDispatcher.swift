import HeapModule
import NIOCore
import NIOPosix

/// Sends callbacks from one event loop, and lives on it: nothing here is touched from anywhere else.
///
/// A callback without a delay costs no timer and no task: it goes onto an idle connection at once, or waits in its
/// receiver's line for the next one that gets its answer. All that waits for a time shares one timer.
final class CallbackDispatcher {
    struct Limits: Sendable {
        var connectionsPerReceiver: Int
        /// How long an answer may take.
        var timeout: TimeAmount
        var retries: CallbackRetryPolicy
        /// How many reports go out in one request, where the provider sends several in one.
        var batch = 100
        /// For how long such reports are collected.
        var batchWindow = TimeAmount.zero
    }

    private struct Waiting: Comparable {
        let callback: Callback
        /// Among callbacks due at the same time the first come goes first.
        let order: Int

        static func < (left: Waiting, right: Waiting) -> Bool {
            (left.callback.due, left.order) < (right.callback.due, right.order)
        }

        static func == (left: Waiting, right: Waiting) -> Bool {
            left.order == right.order
        }
    }

    private let eventLoop: any EventLoop
    private let limits: Limits
    private let journal: any CallbackJournal
    private var lines: [CallbackURL.Receiver: ReceiverLine] = [:]
    private var connections: [ObjectIdentifier: CallbackConnection] = [:]
    private var waiting = Heap<Waiting>()
    private var order = 0
    private var wakeAt: NIODeadline?
    private var sweep: RepeatedTask?
    private var isStopped = false

    init(eventLoop: any EventLoop, limits: Limits, journal: any CallbackJournal) {
        self.eventLoop = eventLoop
        self.limits = limits
        self.journal = journal
    }

    func submit(_ callbacks: [Callback]) {
        guard !isStopped else { return }
        let now = NIODeadline.now()
        for callback in callbacks {
            enqueue(callback, at: now)
        }
        pumpAll(at: now)
    }

    /// Forgets all that is not on its way yet.
    func discardAll() {
        waiting = Heap()
        for line in lines.values {
            line.ready.removeAll()
        }
    }

    func stop() {
        isStopped = true
        discardAll()
        sweep?.cancel()
        sweep = nil
        for connection in Array(connections.values) {
            connection.close()
        }
    }

    // MARK: What happens on the connections

    func opened(_ connection: CallbackConnection) {
        connection.line.connecting -= 1
        connection.line.open += 1
        connection.line.refusals = 0
        connections[ObjectIdentifier(connection)] = connection
        guard !isStopped else { return connection.close() }
        connection.line.idle.append(connection)
        scheduleSweep()
        pump(connection.line, at: .now())
    }

    func answered(_ callbacks: [Callback], with response: ResponseReader.Response, on connection: CallbackConnection) {
        let now = NIODeadline.now()
        for callback in callbacks { finish(callback, answer: response.status, at: now) }
        if response.keepsAlive && !isStopped {
            connection.line.idle.append(connection)
        } else {
            connection.close()
        }
        pump(connection.line, at: now)
        scheduleWake()
    }

    func closed(_ connection: CallbackConnection, unanswered: [Callback]) {
        guard connections.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
        connection.line.open -= 1
        connection.line.idle.removeAll { $0 === connection }
        guard !isStopped else { return }
        let now = NIODeadline.now()
        for callback in unanswered { finish(callback, answer: nil, at: now) }
        pump(connection.line, at: now)
        scheduleWake()
    }

    // MARK: The queues

    private func enqueue(_ callback: Callback, at now: NIODeadline) {
        var callback = callback
        if callback.source.batch != nil { callback.wait(untilEndOf: limits.batchWindow) }
        if callback.due <= now {
            line(to: callback.source.url.receiver).ready.append(callback)
        } else {
            order += 1
            waiting.insert(Waiting(callback: callback, order: order))
        }
    }

    private func line(to receiver: CallbackURL.Receiver) -> ReceiverLine {
        if let line = lines[receiver] { return line }
        let line = ReceiverLine(to: receiver)
        lines[receiver] = line
        return line
    }

    private func finish(_ callback: Callback, answer: Int?, at now: NIODeadline) {
        let isAcknowledged = answer.map { (200..<300).contains($0) } ?? false
        let isRefused = answer.map(callback.source.isRefusal) ?? false
        let again = isAcknowledged || isRefused ? nil : callback.again(at: now, by: limits.retries)
        let outcome: CallbackResult.Outcome = isAcknowledged ? .acknowledged : again == nil ? .givenUp : .failed
        let result = CallbackResult(
            reference: callback.reference, step: callback.step, attempt: callback.attempt, answer: answer,
            outcome: outcome)
        guard journal.record(result), let next = again ?? callback.next(at: now) else { return }
        enqueue(next, at: now)
    }

    private func pumpAll(at now: NIODeadline) {
        for line in lines.values where !line.ready.isEmpty {
            pump(line, at: now)
        }
        scheduleWake()
    }

    /// Sends what can be sent now, and opens the connections that are missing.
    private func pump(_ line: ReceiverLine, at now: NIODeadline) {
        while !line.ready.isEmpty, let connection = line.idle.popLast() {
            connection.send(line.nextRequest(limit: limits.batch), at: now)
        }
        for _ in 0..<line.missingConnections(limit: limits.connectionsPerReceiver) {
            connect(line)
        }
    }

    private func connect(_ line: ReceiverLine) {
        line.connecting += 1
        let bound = NIOLoopBound((self, line), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(.seconds(5))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let connection = CallbackConnection(in: bound.value.1, of: bound.value.0)
                    try channel.pipeline.syncOperations.addHandler(connection)
                }
            }
            .connect(host: line.receiver.host, port: line.receiver.port)
            .whenFailure { _ in bound.value.0.refused(bound.value.1) }
    }

    /// A receiver that cannot be reached costs its callbacks no try: they wait until it is back, or for too long.
    private func refused(_ line: ReceiverLine) {
        line.connecting -= 1
        guard !isStopped, !line.isPaused else { return }
        line.isPaused = true
        line.refusals += 1
        expire(line, at: .now())
        let pause = min(TimeAmount.milliseconds(50) * (1 << min(line.refusals, 5)), .seconds(1))
        let bound = NIOLoopBound((self, line), eventLoop: eventLoop)
        eventLoop.scheduleTask(in: pause) {
            bound.value.1.isPaused = false
            bound.value.0.pump(bound.value.1, at: .now())
        }
    }

    private func expire(_ line: ReceiverLine, at now: NIODeadline) {
        while let first = line.ready.first, first.isExpired(at: now, by: limits.retries) {
            finish(line.ready.removeFirst(), answer: nil, at: now)
        }
        scheduleWake()
    }

    // MARK: Time

    private func scheduleWake() {
        guard let due = waiting.min?.callback.due, wakeAt.map({ due < $0 }) ?? true else { return }
        // Whole milliseconds, so that what is due at nearly the same time wakes the loop once.
        let grain: UInt64 = 1_000_000
        let rounded = NIODeadline.uptimeNanoseconds((due.uptimeNanoseconds / grain + 1) * grain)
        wakeAt = rounded
        let dispatcher = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleTask(deadline: rounded) { dispatcher.value.wake(at: rounded) }
    }

    private func wake(at deadline: NIODeadline) {
        // Another timer was set for an earlier time since, and has set the next.
        guard wakeAt == deadline else { return }
        wakeAt = nil
        let now = NIODeadline.now()
        while let first = waiting.min, first.callback.due <= now {
            let callback = waiting.removeMin().callback
            line(to: callback.source.url.receiver).ready.append(callback)
        }
        pumpAll(at: now)
    }

    /// One timer for all connections: an answer that takes too long is found at most a second late.
    private func scheduleSweep() {
        guard sweep == nil else { return }
        let dispatcher = NIOLoopBound(self, eventLoop: eventLoop)
        sweep = eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
            dispatcher.value.closeOverdue()
        }
    }

    private func closeOverdue() {
        let limit = NIODeadline.now() - limits.timeout
        for connection in Array(connections.values) {
            if let since = connection.current?.since, since < limit { connection.close() }
        }
    }
}
