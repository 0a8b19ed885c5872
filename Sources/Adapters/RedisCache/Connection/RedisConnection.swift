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

    /// The answer to `command`; that it is an error is no error here.
    /// - Throws: when there is none: at once while the server is known to be gone, else after the timeout for commands
    ///   (for the very first ones: for connecting, and for commands). It may have been carried out.
    func perform(_ command: RedisCommands) async throws(RedisError) -> RedisReply {
        precondition(command.count == 1, "one answer to \(command.count) commands")
        return try await answer(to: command).get()
    }

    /// The same of all `commands`, in their order.
    func performAll(_ commands: RedisCommands) async throws(RedisError) -> [RedisReply] {
        guard commands.count != 1 else { return [try await perform(commands)] }
        guard case .array(let replies) = try await answer(to: commands).get() else {
            preconditionFailure("a flight answers several commands with as many replies")
        }
        return replies
    }

    private func answer(to commands: RedisCommands) async -> Submission.Answer {
        // Not a checked one: that would cost as much again as all else here, and `Submission` is ended in two places.
        await withUnsafeContinuation { waiter in
            queue.put(Submission(commands, deadline: .now + configuration.commandTimeout, waiter: waiter))
        }
    }

    func health() async throws(RedisError) -> Duration {
        let start = ContinuousClock.now
        let reply = try await perform(RedisCommands("PING"))
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
