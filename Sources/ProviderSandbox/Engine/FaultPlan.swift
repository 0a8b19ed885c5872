import NIOCore

/// What becomes of one request to a provider's API.
enum RequestFate: Sendable, Hashable {
    case answered
    /// An error answer with this HTTP status; nothing is taken.
    case refused(status: Int)
    /// 429; nothing is taken.
    case throttled
    /// The connection is closed without an answer; nothing is taken.
    case closed
    /// Taken; the connection is closed without an answer.
    case answerLost
    /// Never answered.
    case hung(taken: Bool)

    /// Whether the provider has the message afterwards.
    var isTaken: Bool {
        switch self {
        case .answered, .answerLost: true
        case .hung(let taken): taken
        case .refused, .throttled, .closed: false
        }
    }
}

/// One report of a message that was taken.
struct PlannedReport: Sendable, Hashable {
    /// Index into the steps of the message's life.
    var step: Int
    /// Shuffled: after the message was taken. Otherwise: after the report before it was dealt with.
    var delay: TimeAmount
}

/// The reports of one message, in the order in which they are sent.
struct ReportPlan: Sendable, Hashable {
    var reports: [PlannedReport]
    var isDropped = false
    var isShuffled = false
}

/// The sandbox's decisions: pure functions of the seed and of what they are about.
struct FaultPlan: Sendable {
    var seed: UInt64
    var rates = FaultRates()
    /// Before each report.
    var latency = DelayRange.zero
    /// Before each answer of the API.
    var answerLatency = DelayRange.zero

    /// - Parameters:
    ///   - key: the message's own stable key.
    ///   - attempt: 1 for the first request with that key. Each attempt is decided on its own.
    func fate(of key: String, attempt: Int) -> RequestFate {
        guard rates.ofRequests > 0 else { return .answered }
        var random = SeededRandom(seed: seed, key: key, purpose: .request, number: attempt)
        var draw = random.unit()
        func falls(in rate: Double) -> Bool {
            defer { draw -= rate }
            return draw >= 0 && draw < rate
        }
        if falls(in: rates.throttle) { return .throttled }
        if falls(in: rates.failBefore) { return .refused(status: Bool.random(using: &random) ? 503 : 500) }
        if falls(in: rates.closeBefore) { return .closed }
        if falls(in: rates.failAfter) { return .answerLost }
        if falls(in: rates.hang) { return .hung(taken: Bool.random(using: &random)) }
        return .answered
    }

    func answerDelay(of key: String, attempt: Int) -> TimeAmount {
        guard answerLatency.isRandom else { return answerLatency.shortest }
        var random = SeededRandom(seed: seed, key: key, purpose: .answerDelay, number: attempt)
        return answerLatency.draw(using: &random)
    }

    /// - Parameters:
    ///   - acceptance: 1 for the first time that the message with this key was taken.
    ///   - steps: how many reports its life has.
    func reports(of key: String, acceptance: Int, steps: Int) -> ReportPlan {
        var random = SeededRandom(seed: seed, key: key, purpose: .reports, number: acceptance)
        // Always the same draws in the same order, so that one knob does not change what another one does.
        let isDropped = random.unit() < rates.drop
        let isShuffled = random.unit() < rates.shuffle
        var reports: [PlannedReport] = []
        reports.reserveCapacity(steps)
        for step in 0..<steps {
            let isDuplicate = random.unit() < rates.duplicate
            reports.append(PlannedReport(step: step, delay: latency.draw(using: &random)))
            if isDuplicate {
                reports.append(PlannedReport(step: step, delay: latency.draw(using: &random)))
            }
        }
        if isShuffled { shuffle(&reports, using: &random) }
        return ReportPlan(reports: reports, isDropped: isDropped, isShuffled: isShuffled)
    }

    /// Spreads the reports over the time that they would have taken in order, and at least over some milliseconds, so
    /// that the order differs even without a latency.
    private func shuffle(_ reports: inout [PlannedReport], using random: inout SeededRandom) {
        let longest = max(latency.longest, .milliseconds(10))
        let spread = DelayRange(shortest: .zero, longest: longest * reports.count)
        for index in reports.indices {
            reports[index].delay = spread.draw(using: &random)
        }
        reports.shuffle(using: &random)
        let delays = reports.map(\.delay).sorted()
        for index in reports.indices {
            reports[index].delay = delays[index]
        }
    }
}
