import NIOCore

/// How long a connection may take over a request. A value: its user holds the clock.
struct RequestTimer: Equatable {
    enum State: Equatable {
        /// The first request's head is to come, by then.
        case awaitingFirst(by: NIODeadline)
        /// The head of another request may come, until then.
        case idle(until: NIODeadline)
        /// The rest of a request is to come, by then.
        case reading(by: NIODeadline)
        /// The turn is ours: an answer may take as long as it needs.
        case answering
    }

    let bodyTime: TimeAmount
    let idleTime: TimeAmount
    private(set) var state: State
    /// Some of an answer to the request that is being read has been written.
    private var isAnswering = false
    private var isAnswered = true

    init(headTime: TimeAmount, bodyTime: TimeAmount, idleTime: TimeAmount, now: NIODeadline) {
        self.bodyTime = bodyTime
        self.idleTime = idleTime
        state = .awaitingFirst(by: now + headTime)
    }

    /// Nil: nothing is to come.
    var deadline: NIODeadline? {
        switch state {
        case .awaitingFirst(let deadline), .idle(let deadline), .reading(let deadline): deadline
        case .answering: nil
        }
    }

    /// True while a request is being read that was not answered: then there is room for an answer that says what is
    /// wrong with it.
    var mayAnswer: Bool {
        switch state {
        case .awaitingFirst, .idle: true
        case .reading: !isAnswering
        case .answering: false
        }
    }

    /// True when a connection that runs out of time has a request on it.
    var isExpected: Bool { if case .idle = state { false } else { true } }

    mutating func headCame(at now: NIODeadline) {
        isAnswered = false
        isAnswering = false
        state = .reading(by: now + bodyTime)
    }

    mutating func requestEnded(at now: NIODeadline) {
        state = isAnswered ? .idle(until: now + idleTime) : .answering
    }

    mutating func answerBegan() { isAnswering = true }

    /// The rest of a request that was answered early is still to come.
    mutating func answerEnded(at now: NIODeadline) {
        isAnswered = true
        if state == .answering { state = .idle(until: now + idleTime) }
    }
}
