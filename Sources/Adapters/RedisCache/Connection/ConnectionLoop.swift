import Logging
import Synchronization

/// The connection's thread: connects, sends what callers have left in the queue in batches, hands out the answers, and
/// begins again when the server is lost. Everything here is used on that one thread only.
struct ConnectionLoop {
    /// While one batch is under way, the next may be sent; callers who come then fill the one after.
    private static let batchesInFlight = 2
    private static let batchCommands = 1024
    private static let batchBytes = 1 << 20

    let configuration: RedisCache.Configuration
    let queue: CommandQueue
    let traffic: Traffic
    let logger: Logger

    func run() {
        var pause = configuration.backoff.lowerBound
        var isKnownLost = false
        while !queue.isStopping {
            var connected: ContinuousClock.Instant?
            do throws(RedisError) {
                let session = try connect()
                connected = .now
                queue.closeCircuit()
                if isKnownLost { logger.info("Redis is back", metadata: ["redis": "\(configuration)"]) }
                isKnownLost = false
                try serve(session)
            } catch {
                queue.openCircuit(error)
                guard !queue.isStopping else { return }
                if !isKnownLost {
                    logger.warning("Redis is lost; trying to connect again", metadata: ["error": "\(error)"])
                }
                isKnownLost = true
                // A connection that ends as soon as it is used is no better than none.
                if let connected, .now - connected > configuration.backoff.upperBound {
                    pause = configuration.backoff.lowerBound
                }
                sleep(pause * Double.random(in: 0.75...1.25))
                pause = min(pause * 2, configuration.backoff.upperBound)
            }
        }
    }

    private func sleep(_ pause: Duration) {
        let end = ContinuousClock.now + pause
        while ContinuousClock.now < end, !queue.isStopping {
            if SocketWait.wait(socket: nil, wake: queue.wakeDescriptor, until: end).wake { queue.silence() }
        }
    }

    // MARK: Connecting

    private func connect() throws(RedisError) -> RedisSession {
        let deadline = ContinuousClock.now + configuration.connectTimeout
        let session = try RedisSession(
            host: configuration.host, port: configuration.port, address: configuration.address,
            timeout: configuration.connectTimeout)
        // An answer to PING shows that somebody is there: the kernel of a frozen server takes connections, too.
        let greeting = Greeting(configuration)
        try session.append(greeting.commands)
        var replies: [RedisReply] = []
        while replies.count < greeting.commands.count {
            let isSent = try session.write()
            let ready = SocketWait.wait(
                socket: session.descriptor, wantsWrite: !isSent, wake: queue.wakeDescriptor, until: deadline)
            if ready.wake { queue.silence() }
            if queue.isStopping { throw .closed }
            if ready.socket { try session.read() }
            while replies.count < greeting.commands.count, let reply = try session.nextReply() { replies.append(reply) }
            guard ContinuousClock.now < deadline || replies.count == greeting.commands.count else { throw silent }
        }
        if let refusal = greeting.refusal(replies) { throw refusal }
        return session
    }

    // MARK: Serving

    private func serve(_ session: borrowing RedisSession) throws(RedisError) {
        var flight = Flight()
        do throws(RedisError) {
            while !queue.isStopping { try turn(session, &flight) }
            throw .closed
        } catch {
            flight.fail(error)
            throw error
        }
    }

    private func turn(_ session: borrowing RedisSession, _ flight: inout Flight) throws(RedisError) {
        // Until the queue is found empty: only then does the next caller wake this thread.
        while flight.batchCount < Self.batchesInFlight, try send(session, &flight) {}
        let isSent = try session.write()
        let ready = SocketWait.wait(
            socket: session.descriptor, wantsWrite: !isSent, wake: queue.wakeDescriptor, until: flight.deadline)
        if ready.wake { queue.silence() }
        if ready.socket { try receive(session, &flight) }
        if let deadline = flight.deadline, deadline <= .now { throw silent }
    }

    /// - Returns: whether there was anything to send.
    private func send(_ session: borrowing RedisSession, _ flight: inout Flight) throws(RedisError) -> Bool {
        let batch = queue.take(commandBound: Self.batchCommands, byteBound: Self.batchBytes)
        guard !batch.isEmpty else { return false }
        flight.add(batch)
        traffic.count(batch)
        for submission in batch { try session.append(submission.commands) }
        return true
    }

    private func receive(_ session: borrowing RedisSession, _ flight: inout Flight) throws(RedisError) {
        try session.read()
        var ended: [(Submission, RedisReply)] = []
        // Also when the connection is lost in the middle: those have their answers.
        defer { for (submission, reply) in ended { submission.end(.success(reply)) } }
        while let reply = try session.nextReply() {
            if let end = flight.receive(reply) { ended.append(end) }
            if reply.endsTheConnection {
                throw RedisError(.refused, "Redis at \(configuration.address) can't serve: \(reply.errorText ?? "")")
            }
        }
    }

    private var silent: RedisError {
        RedisError(.unreachable, "Redis at \(configuration.address) did not answer in time")
    }
}
