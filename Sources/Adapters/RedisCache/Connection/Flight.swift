/// Commands that were sent and are not answered yet, in their order: Redis answers in the same.
struct Flight {
    private var sent: [(submission: Submission, batch: Int)] = []
    /// Where the unanswered ones begin.
    private var head = 0
    private var lastBatch = 0
    /// To the first of the unanswered ones, as far as they are here.
    private var replies: [RedisReply] = []

    var isEmpty: Bool { head == sent.count }

    /// Batches of which at least one answer is missing.
    var batchCount: Int { isEmpty ? 0 : lastBatch - sent[head].batch + 1 }

    /// The first deadline, as callers' deadlines have their order.
    var deadline: ContinuousClock.Instant? { isEmpty ? nil : sent[head].submission.deadline }

    mutating func add(_ batch: [Submission]) {
        lastBatch += 1
        if isEmpty {
            sent.removeAll(keepingCapacity: true)
            head = 0
        }
        for submission in batch { sent.append((submission, lastBatch)) }
    }

    /// - Returns: the submission with all its answers, when this is the last of them.
    mutating func receive(_ reply: RedisReply) -> (Submission, RedisReply)? {
        guard !isEmpty else { return nil }
        let submission = sent[head].submission
        var answer = reply
        if submission.commands.count > 1 {
            replies.append(reply)
            guard replies.count == submission.commands.count else { return nil }
            answer = .array(replies)
            replies = []
        }
        head += 1
        if head > 1024, head * 2 > sent.count {
            sent.removeFirst(head)
            head = 0
        }
        return (submission, answer)
    }

    /// Ends everything that is not answered.
    mutating func fail(_ error: RedisError) {
        for entry in sent[head...] { entry.submission.end(.failure(error)) }
        (sent, head, replies) = ([], 0, [])
    }
}
