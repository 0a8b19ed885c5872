import Logging

/// A connection that many callers share, kept up on a thread of its own.
final class RedisConnection: Sendable {
    private let configuration: RedisCache.Configuration
    let queue: CommandQueue
    private let thread = ConnectionThread()
    let traffic = Traffic()

    /// Starts the thread, and does not wait until it has connected.
    init(_ configuration: RedisCache.Configuration, logger: Logger) throws(RedisError) {
        try configuration.check()
        self.configuration = configuration
        let queue = try CommandQueue(startAllowance: configuration.connectTimeout)
        self.queue = queue
        let loop = ConnectionLoop(configuration: configuration, queue: queue, traffic: traffic, logger: logger)
        try thread.start { loop.run() }
        Task {
            try? await Task.sleep(for: configuration.connectTimeout)
            let text = "Redis at \(configuration.address) is not connected yet"
            queue.giveUpStarting(RedisError(.unreachable, text))
        }
    }

    deinit { queue.requestStop() }

    var isConnected: Bool { queue.isConnected }

    /// The answers to `commands`, in their order; that one of them is an error is no error here.
    /// - Throws: when there are none: at once while the server is known to be gone, else after the timeout for commands
    ///   (for the very first ones: for connecting, and for commands). The commands may have been carried out.
    func perform(_ commands: [RedisCommand]) async throws(RedisError) -> [RedisReply] {
        let answer: Submission.Answer = await withCheckedContinuation { waiter in
            queue.put(
                Submission(
                    commands: commands, deadline: .now + configuration.commandTimeout, waiter: waiter))
        }
        return try answer.get()
    }

    func health() async throws(RedisError) -> Duration {
        let start = ContinuousClock.now
        let reply = try await perform([RedisCommand("PING")])[0]
        if let text = reply.errorText {
            throw RedisError(.refused, "Redis at \(configuration.address) answers with an error: \(text)")
        }
        return ContinuousClock.now - start
    }

    /// Ends what waits, and the thread.
    func close() async {
        queue.requestStop()
        await thread.wait()
    }
}
