/// What one caller sends together, and who waits for the answers.
final class Submission: Sendable {
    /// One reply, or an array of them where there are several commands.
    typealias Answer = Result<RedisReply, RedisError>

    let commands: RedisCommands
    /// When the caller has waited long enough.
    let deadline: ContinuousClock.Instant
    private let waiter: UnsafeContinuation<Answer, Never>

    init(
        _ commands: RedisCommands, deadline: ContinuousClock.Instant, waiter: UnsafeContinuation<Answer, Never>
    ) {
        precondition(commands.isComplete && commands.count > 0, "there is no whole command to send")
        self.commands = commands
        self.deadline = deadline
        self.waiter = waiter
    }

    /// The same for the same caller, in the place of this one.
    func waiting(longer allowance: Duration) -> Submission {
        Submission(commands, deadline: deadline + allowance, waiter: waiter)
    }

    /// Once, by whoever holds it last: the queue, or the flight.
    func end(_ answer: Answer) { waiter.resume(returning: answer) }
}
