/// Commands that were sent and are not answered yet, in their order: Redis answers in the same.
struct Flight {
    private struct Sent {
        let submission: Submission
        let batch: Int
        var replies: [RedisReply] = []
    }

    private var sent: [Sent] = []
    /// Where the unanswered ones begin.
    private var head = 0
    private var lastBatch = 0

    var isEmpty: Bool { head == sent.count }

    /// Batches of which at least one answer is missing.
    var batchCount: Int { isEmpty ? 0 : lastBatch - sent[head].batch + 1 }

    /// The first deadline, as callers' deadlines have their order.
    var deadline: ContinuousClock.Instant? { isEmpty ? nil : sent[head].submission.deadline }

    mutating func add(_ batch: [Submission]) {
        lastBatch += 1
        if isEmpty { (sent, head) = ([], 0) }
        for submission in batch { sent.append(Sent(submission: submission, batch: lastBatch)) }
    }

    /// - Returns: the submission with all its answers, when this is the last of them.
    mutating func receive(_ reply: RedisReply) -> (Submission, [RedisReply])? {
        guard !isEmpty else { return nil }
        let submission = sent[head].submission
        let replies: [RedisReply]
        if submission.commands.count == 1 {
            replies = [reply]
        } else {
            sent[head].replies.append(reply)
            guard sent[head].replies.count == submission.commands.count else { return nil }
            replies = sent[head].replies
            sent[head].replies = []
        }
        head += 1
        if head > 1024, head * 2 > sent.count {
            sent.removeFirst(head)
            head = 0
        }
        return (submission, replies)
    }

    /// Ends everything that is not answered.
    mutating func fail(_ error: RedisError) {
        for entry in sent[head...] { entry.submission.end(.failure(error)) }
        (sent, head) = ([], 0)
    }
}
