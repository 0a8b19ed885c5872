import Crypto

typealias BodyHash = SHA256.Digest

/// All that the sandbox knows about one message: what was asked, what it took, what it reported.
struct LedgerEntry: Sendable {
    /// How the requests to send the message ended.
    struct Attempts: Sendable, Hashable {
        /// Taken, and answered so.
        var answered = 0
        /// Taken, and the connection closed without an answer.
        var answerLost = 0
        /// Never answered, taken or not.
        var hung = 0
        /// Those of ``hung`` that were taken.
        var hungTaken = 0
        /// Answered 500 or 503; not taken.
        var refused = 0
        /// Answered 429; not taken.
        var throttled = 0
        /// The connection closed without an answer; not taken.
        var closed = 0
        /// Answered with a permanent error, such as an invalid recipient; not taken.
        var rejected = 0

        var accepted: Int { answered + answerLost + hungTaken }
        /// Those whose sender cannot know whether the message was taken.
        var unanswered: Int { answerLost + hung + closed }
        var total: Int { answered + answerLost + hung + refused + throttled + closed + rejected }

        mutating func count(_ fate: RequestFate) {
            switch fate {
            case .answered: answered += 1
            case .answerLost: answerLost += 1
            case .refused: refused += 1
            case .throttled: throttled += 1
            case .closed: closed += 1
            case .hung(let taken):
                hung += 1
                hungTaken += taken ? 1 : 0
            }
        }
    }

    /// One message that was taken: more than one when the sender repeated a request that had been taken.
    struct Taken: Sendable {
        var sid: String
        var isAnswered: Bool
        /// Without a callback URL nothing is planned.
        var planned: Int
        var isDropped: Bool
        var isShuffled: Bool
    }

    /// One try to send a report. There are more of them than of anything else: the numbers are kept small.
    struct Report: Sendable, Hashable {
        /// Milliseconds since 1970.
        var time: Int64
        /// Index into ``LedgerEntry/taken``.
        var message: Int32
        /// 1 for the first.
        var attempt: Int32
        /// Index into the steps of the message's life.
        var step: Int16
        /// HTTP status; nil when there was no answer.
        var answer: Int16?
    }

    var provider: String
    var delivery: String?
    var to: String
    var bodyHash: BodyHash
    var life: MessageLife
    var attachments: [SubmittedFile] = []
    var attempts = Attempts()
    var taken: [Taken] = []
    var reports: [Report] = []
    var reportsPending = 0
    var reportsGivenUp = 0

    /// The status that a right receiver ends in when every planned report arrives; nil when it cannot know of any.
    var finalStatus: String? {
        if taken.contains(where: { $0.planned > 0 && !$0.isDropped }) { return life.final }
        return taken.contains(where: \.isAnswered) ? life.initial : nil
    }
}
