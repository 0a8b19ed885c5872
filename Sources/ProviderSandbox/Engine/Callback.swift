import NIOCore

/// Writes a provider's requests about one message. The engine sends them.
protocol CallbackSource: AnyObject, Sendable {
    var url: CallbackURL { get }
    /// Appends the whole HTTP/1.1 request that reports `step` of the message's life.
    func writeRequest(step: Int, into buffer: inout ByteBuffer)
    /// Whether the receiver wants no report again that it answered with this HTTP status.
    func isRefusal(_ status: Int) -> Bool
    /// Itself, where the provider reports on several messages in one request; else nil.
    var batch: (any BatchedCallbackSource)? { get }
}

/// A request on its way to a receiver, and those that follow it.
struct Callback: Sendable {
    let source: any CallbackSource
    /// Nil for what is no report about a message, such as an inbound message.
    let reference: LedgerReference?
    let plan: ReportPlan
    /// Index into the plan's reports.
    private(set) var position: Int
    /// 1 for the first.
    private(set) var attempt = 1
    /// When to send it.
    private(set) var due: NIODeadline
    /// When it was first to be sent.
    private var begun: NIODeadline

    private init(
        source: any CallbackSource, reference: LedgerReference?, plan: ReportPlan, position: Int, due: NIODeadline
    ) {
        self.source = source
        self.reference = reference
        self.plan = plan
        self.position = position
        self.due = due
        begun = due
    }

    /// The callbacks to begin with: all of a shuffled message, else the first, which leads to the others.
    static func beginning(
        _ plan: ReportPlan, of source: any CallbackSource, reference: LedgerReference?, at now: NIODeadline
    ) -> [Callback] {
        guard !plan.isDropped, let first = plan.reports.first else { return [] }
        guard plan.isShuffled else {
            return [Callback(source: source, reference: reference, plan: plan, position: 0, due: now + first.delay)]
        }
        return plan.reports.indices.map { position in
            let due = now + plan.reports[position].delay
            return Callback(source: source, reference: reference, plan: plan, position: position, due: due)
        }
    }

    var step: Int { plan.reports[position].step }

    /// The message's next report, once this one is dealt with; nil when none follows it.
    func next(at now: NIODeadline) -> Callback? {
        guard !plan.isShuffled, position + 1 < plan.reports.count else { return nil }
        let due = now + plan.reports[position + 1].delay
        return Callback(source: source, reference: reference, plan: plan, position: position + 1, due: due)
    }

    /// The same report again, later; nil when it has been tried for long enough.
    func again(at now: NIODeadline, by policy: CallbackRetryPolicy) -> Callback? {
        let due = now + policy.delay(afterAttempt: attempt)
        guard due - begun <= policy.longest else { return nil }
        var again = self
        again.attempt += 1
        again.due = due
        return again
    }

    /// Moves it to the end of the span of time that it is due in, for what is due in the same one to go out together.
    mutating func wait(untilEndOf window: TimeAmount) {
        guard window > .zero else { return }
        let length = UInt64(window.nanoseconds)
        due = .uptimeNanoseconds((due.uptimeNanoseconds / length + 1) * length)
    }

    func isExpired(at now: NIODeadline, by policy: CallbackRetryPolicy) -> Bool {
        now - begun > policy.longest
    }
}

/// For how long callbacks that were not answered 2xx are tried again.
struct CallbackRetryPolicy: Sendable, Hashable {
    /// From the first try to the last.
    var longest = TimeAmount.seconds(60)
    var firstDelay = TimeAmount.milliseconds(250)
    var longestDelay = TimeAmount.seconds(5)

    /// Twice as long after each try, up to the longest.
    func delay(afterAttempt attempt: Int) -> TimeAmount {
        min(firstDelay * (1 << min(attempt - 1, 20)), longestDelay)
    }
}

/// How one try to send a callback ended.
struct CallbackResult: Sendable, Hashable {
    enum Outcome: Sendable, Hashable {
        /// Answered 2xx.
        case acknowledged
        /// To be tried again.
        case failed
        /// Not to be tried again.
        case givenUp
    }

    var reference: LedgerReference?
    var step: Int
    var attempt: Int
    /// HTTP status; nil when there was no answer.
    var answer: Int?
    var outcome: Outcome
}

/// Where the sender writes down what became of the callbacks.
protocol CallbackJournal: AnyObject, Sendable {
    /// - Returns: false when the message is no longer known: nothing more is sent about it.
    func record(_ result: CallbackResult) -> Bool
}
