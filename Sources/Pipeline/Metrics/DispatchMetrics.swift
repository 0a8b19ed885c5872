import ChannelSDK
public import CoreMetrics

/// What is counted of one channel's sends: a batch of ends at a time.
public struct DispatchMetrics: Sendable {
    /// An end's outcome; where it failed, each kind of failure is a series of its own.
    private enum Outcome: Int, CaseIterable {
        case accepted, released, queried, rejected, retry, throttled, uncertain

        var hasKinds: Bool { rawValue >= Outcome.rejected.rawValue }
    }

    private static let kinds = DeliveryFailure.Kind.allCases

    private let ends: [Counter]
    private let sendTime: CoreMetrics.Timer
    private let waits: Counter
    private let refusals: Counter

    public init(channel: String, _ factory: any MetricsFactory) {
        ends = Outcome.allCases.flatMap { outcome in
            (outcome.hasKinds ? Self.kinds.map(\.rawValue) : [""]).map {
                MetricDefinition.sends.counter(factory, channel, "\(outcome)", $0)
            }
        }
        sendTime = MetricDefinition.sendTime.timer(factory, channel)
        waits = MetricDefinition.limiterWaits.counter(factory, channel)
        refusals = MetricDefinition.limiterRefusals.counter(factory, channel)
    }

    func count(_ ended: [AttemptEnd]) {
        var counts = [Int](repeating: 0, count: ends.count)
        for end in ended { counts[Self.place(of: end.end)] += 1 }
        for (counter, count) in zip(ends, counts) where count > 0 { counter.increment(by: count) }
    }

    /// Sends that were handed over together and came back together.
    func sent(_ count: Int, since start: ContinuousClock.Instant) {
        let time = ContinuousClock.now - start
        for _ in 0..<count { sendTime.record(time) }
    }

    func asked(for wanted: Int, granted: Int) {
        guard granted < wanted else { return }
        refusals.increment(by: wanted - granted)
        if granted == 0 { waits.increment() }
    }

    private static func place(of end: AttemptEnd.End) -> Int {
        switch end {
        case .sent(.accepted): Outcome.accepted.rawValue
        case .released: Outcome.released.rawValue
        case .queried: Outcome.queried.rawValue
        case .sent(.rejected(let failure)), .refused(let failure): place(of: .rejected, failure)
        case .sent(.retry(let failure, _)): place(of: .retry, failure)
        case .sent(.throttled(let failure, _)): place(of: .throttled, failure)
        case .sent(.uncertain(let failure)), .withheld(let failure): place(of: .uncertain, failure)
        }
    }

    private static func place(of outcome: Outcome, _ failure: DeliveryFailure) -> Int {
        let first = Outcome.rejected.rawValue
        let kind =
            switch failure.kind {
            case .recipient: 0
            case .optedOut: 1
            case .blocked: 2
            case .content: 3
            case .configuration: 4
            case .rateLimit: 5
            case .transient: 6
            case .expired: 7
            case .other: 8
            }
        return first + (outcome.rawValue - first) * kinds.count + kind
    }
}
