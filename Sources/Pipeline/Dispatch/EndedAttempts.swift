import ChannelSDK

/// Attempts that came to their end together.
struct EndedAttempts: Sendable {
    let ends: [AttemptEnd]
    /// What an isolated module has yet to judge: all that has come until it is recorded, together.
    let answers: Answers?

    init(_ ends: [AttemptEnd], answers: Answers? = nil) {
        self.ends = ends
        self.answers = answers
    }

    enum Answers: Sendable {
        case http(any IsolatedHTTPDelivery, [AnsweredAttempt<HTTPResponse>])
        case mail(any IsolatedMailDelivery, [AnsweredAttempt<SMTPReply>])

        /// All of `parts`, which are of one client; not empty.
        init(joining parts: [Answers]) {
            switch parts[0] {
            case .http(let client, _):
                self = .http(client, parts.flatMap { if case .http(_, let some) = $0 { some } else { Self.mixed() } })
            case .mail(let client, _):
                self = .mail(client, parts.flatMap { if case .mail(_, let some) = $0 { some } else { Self.mixed() } })
            }
        }

        private static func mixed() -> Never { preconditionFailure("a client has one transport") }

        func judged() async -> [AttemptEnd] {
            switch self {
            case .http(let client, let attempts): await judged(attempts, client.outcomes)
            case .mail(let client, let attempts): await judged(attempts, client.outcomes)
            }
        }

        private func judged<Answer>(
            _ attempts: [AnsweredAttempt<Answer>], _ outcomes: ([(Answer, OutboundMessage)]) async -> [DeliveryOutcome]
        ) async -> [AttemptEnd] {
            zip(attempts, await outcomes(attempts.map { ($0.answer, $0.message) })).map {
                AttemptEnd(claim: $0.claim, end: .sent($1))
            }
        }
    }
}

/// The provider has answered; what that means is the module's to say.
struct AnsweredAttempt<Answer: Sendable>: Sendable {
    let claim: ClaimedDelivery
    let message: OutboundMessage
    let answer: Answer
}

/// What gathers until it is recorded.
struct EndedBatch: Sendable {
    let attempts: EndedAttempts
    let providerRevision: Int
    /// Of the channel's parts, and so of their client.
    let generation: Int
}

extension [EndedBatch] {
    typealias Ended = (end: AttemptEnd, providerRevision: Int)

    /// All of them, what had to be judged behind the rest: each client is asked once.
    func judged() async -> [Ended] {
        var all: [Ended] = []
        all.reserveCapacity(reduce(0) { $0 + $1.attempts.ends.count })
        var answers: [(parts: [EndedAttempts.Answers], of: EndedBatch)] = []
        for batch in self {
            all += batch.attempts.ends.lazy.map { ($0, batch.providerRevision) }
            guard let more = batch.attempts.answers else { continue }
            if let index = answers.lastIndex(where: { $0.of.generation == batch.generation }) {
                answers[index].parts.append(more)
            } else {
                answers.append(([more], batch))
            }
        }
        for (parts, batch) in answers {
            let ends = await EndedAttempts.Answers(joining: parts).judged()
            all += ends.lazy.map { ($0, batch.providerRevision) }
        }
        return all
    }
}
