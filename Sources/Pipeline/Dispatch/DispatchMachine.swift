public import ChannelSDK

/// How an attempt ended.
public struct AttemptEnd: Sendable, Hashable {
    public enum End: Sendable, Hashable {
        case sent(DeliveryOutcome)
        case queried(DeliveryQueryAnswer)
        /// Not sent, and never to be: the host itself rejects it.
        case refused(DeliveryFailure)
        /// Not sent, because somebody may have sent it before.
        case withheld(DeliveryFailure)
        /// Not sent: the claim goes back.
        case released
    }

    public let claim: ClaimedDelivery
    public let end: End

    public init(claim: ClaimedDelivery, end: End) {
        self.claim = claim
        self.end = end
    }

    /// No request was made.
    var isRefusal: Bool {
        switch end {
        case .refused, .withheld: true
        case .sent, .queried, .released: false
        }
    }

    /// The record for `delivery.report`.
    public func report(at now: Timestamp) -> DeliveryReport {
        let event: DeliveryReport.Event =
            switch end {
            case .sent(let outcome): .outcome(attempt: claim.attempt, outcome)
            case .queried(let answer): .query(attempt: claim.attempt, answer)
            case .refused(let failure): .outcome(attempt: claim.attempt, .rejected(failure))
            case .withheld(let failure): .outcome(attempt: claim.attempt, .uncertain(failure))
            case .released: .claimReleased(attempt: claim.attempt, claim.errand)
            }
        return DeliveryReport(delivery: claim.delivery, at: now, event: event)
    }
}

/// One channel's dispatch, without I/O: how many sends are in flight, when to claim more and how many.
///
/// A place is taken from the claim until the attempt's end is durable in the log, so the claims that a crash can leave
/// behind never outnumber `concurrency`.
public struct DispatchMachine: Sendable {
    public struct Configuration: Sendable, Hashable {
        /// The most claims at a time.
        public var concurrency: Int
        public var breaker: CircuitBreaker.Policy
        /// The first pause when a provider says "too fast" without saying how long; doubles while it goes on.
        public var throttlePause: Duration
        /// False: nothing is claimed, what is due waits.
        public var isSending = true

        public init(
            concurrency: Int = 64, breaker: CircuitBreaker.Policy = .init(), throttlePause: Duration = .seconds(1)
        ) {
            self.concurrency = max(1, concurrency)
            self.breaker = breaker
            self.throttlePause = throttlePause
        }

        /// How long the store is left alone when nothing is known to be due.
        public var idlePoll: Duration { .seconds(1) }

        /// Places that only urgent deliveries may take.
        public var urgentReserve: Int { concurrency / 8 }
    }

    public enum Event: Sendable {
        /// Something falls due at this moment.
        case ready(Timestamp)
        /// Claimed at projection, in places that were reserved.
        case handed(Int)
        case lookedUp(claimed: Int, nextDue: Timestamp?)
        /// The store could not be asked.
        case lookUpFailed
        /// Ends that are durable by now.
        case ended([AttemptEnd])
        /// As many ends of sends to a provider that is not the channel's any more: they say nothing about its new one.
        case endedElsewhere(Int)
        case tick
        /// No more claims from now on.
        case stop
    }

    /// Claim up to `room` deliveries, of which `reserve` must be urgent.
    public struct LookUp: Sendable, Hashable {
        public let room: Int
        public let reserve: Int
    }

    public private(set) var configuration: Configuration
    public private(set) var breaker: CircuitBreaker
    /// Places taken, and places promised to the projector.
    public private(set) var busy = 0
    public private(set) var reserved = 0
    private var pausedUntil = Timestamp.distantPast
    private var throttlings = 0
    /// When the store's next ready delivery falls due, as far as is known; it is asked at the start.
    private var nextDue: Timestamp? = .distantPast
    private var isLookingUp = false
    private(set) var isStopped = false
    /// Something became ready while a look-up was under way.
    private var dueMeanwhile: Timestamp?

    public init(_ configuration: Configuration) {
        self.configuration = configuration
        breaker = CircuitBreaker(policy: configuration.breaker)
    }

    /// Takes up to `wanted` places for deliveries that are new, so that they need not wait in the store; none while
    /// older ones wait there.
    public mutating func reserve(_ wanted: Int, now: Timestamp) -> Int {
        guard !isLookingUp, (nextDue ?? .distantFuture) > now else { return 0 }
        let granted = min(wanted, max(0, room(at: now) - configuration.urgentReserve))
        reserved += granted
        return granted
    }

    public mutating func giveBack(_ unused: Int) { reserved -= unused }

    public mutating func handle(_ event: Event, now: Timestamp) -> LookUp? {
        switch event {
        case .ready(let due): noteReady(due)
        case .handed(let count):
            reserved -= count
            start(count)
        case .lookedUp(let claimed, let due):
            isLookingUp = false
            start(claimed)
            // Somebody else may have made something ready, or died before saying so: look again in a while.
            nextDue = [due, dueMeanwhile, now + configuration.idlePoll].compactMap { $0 }.min()
            dueMeanwhile = nil
        case .lookUpFailed:
            isLookingUp = false
            nextDue = now + .milliseconds(200)
        case .ended(let ends): finish(ends, now)
        case .endedElsewhere(let count): busy -= count
        case .tick: break
        case .stop: isStopped = true
        }
        return lookUpIfDue(now)
    }

    /// Goes on with other settings. What is in flight keeps its places: no more than the new number is sent at once, except
    /// for what was in flight already.
    /// - Parameter isSameProvider: what was learned about the provider still holds.
    public mutating func change(to configuration: Configuration, isSameProvider: Bool) {
        self.configuration = configuration
        if isSameProvider {
            breaker.policy = configuration.breaker
        } else {
            breaker = CircuitBreaker(policy: configuration.breaker)
            pausedUntil = .distantPast
            throttlings = 0
        }
        // What it let lie before may be due.
        nextDue = .distantPast
        if isLookingUp { dueMeanwhile = .distantPast }
    }

    /// Why nothing is sent just now; nil: nothing stands in the way.
    public func obstacle(at now: Timestamp) -> Waiting? {
        guard configuration.isSending else { return Waiting(.channelRemoved, until: nil) }
        if case .open(let until) = breaker.state, until > now { return Waiting(.circuitOpen, until: until) }
        return pausedUntil > now ? Waiting(.throttled, until: pausedUntil) : nil
    }

    /// Stopped, with nothing in flight and nothing promised.
    public var isDrained: Bool { isStopped && busy == 0 && reserved == 0 && !isLookingUp }

    private mutating func noteReady(_ due: Timestamp) {
        if isLookingUp { dueMeanwhile = min(dueMeanwhile ?? .distantFuture, due) }
        nextDue = min(nextDue ?? .distantFuture, due)
    }

    private mutating func start(_ count: Int) {
        busy += count
        breaker.started(count)
    }

    private mutating func finish(_ ends: [AttemptEnd], _ now: Timestamp) {
        busy -= ends.count
        for end in ends {
            guard case .sent(let outcome) = end.end else {
                breaker.endedWithoutVerdict()
                continue
            }
            if case .throttled(_, let after) = outcome {
                breaker.endedWithoutVerdict()
                throttle(after, now)
                continue
            }
            if outcome.isProviderFault {
                breaker.ended(failed: true, at: now)
            } else {
                breaker.ended(failed: false, at: now)
                if now >= pausedUntil { throttlings = 0 }
            }
        }
    }

    private mutating func throttle(_ after: Duration?, _ now: Timestamp) {
        if let after {
            pausedUntil = max(pausedUntil, now + after)
        } else if now >= pausedUntil {
            pausedUntil = now + configuration.throttlePause * (1 << min(throttlings, 6))
            throttlings += 1
        }
    }

    private mutating func room(at now: Timestamp) -> Int {
        guard !isStopped, configuration.isSending, now >= pausedUntil else { return 0 }
        let free = configuration.concurrency - busy - reserved
        return max(0, min(free, breaker.allowance(at: now) ?? free))
    }

    private mutating func lookUpIfDue(_ now: Timestamp) -> LookUp? {
        guard !isLookingUp, let due = nextDue, due <= now else { return nil }
        let room = room(at: now)
        guard room > 0 else { return nil }
        isLookingUp = true
        return LookUp(room: room, reserve: breaker.state == .closed ? min(configuration.urgentReserve, room - 1) : 0)
    }
}

extension DeliveryOutcome {
    /// Counts against the provider; a refusal of the message does not.
    var isProviderFault: Bool {
        switch self {
        case .accepted, .rejected, .throttled: false
        case .retry, .uncertain: true
        }
    }
}
