/// What one caller sends together, and who waits for the answers.
struct Submission: Sendable {
    typealias Answer = Result<[RedisReply], RedisError>

    let commands: [RedisCommand]
    /// When the caller has waited long enough.
    var deadline: ContinuousClock.Instant
    let waiter: CheckedContinuation<Answer, Never>

    var byteCount: Int { commands.reduce(0) { $0 + $1.bytes.count } }

    func end(_ answer: Answer) { waiter.resume(returning: answer) }
}
