public import ChannelSDK

/// Stops sending to a provider that fails, and tries again with a few sends after a while. A value: its user holds the
/// clock.
public struct CircuitBreaker: Sendable, Hashable {
    public struct Policy: Sendable, Hashable {
        /// Opens when at least so many sends ended within `window` …
        public var minimum: Int
        /// … and at least this share of them failed, from 0 to 1.
        public var failureRatio: Double
        public var window: Duration
        /// How long it stays open the first time; twice as long each time the trial fails, up to eight times.
        public var openFor: Duration
        /// How many sends make the trial.
        public var probes: Int

        public init(
            minimum: Int = 20, failureRatio: Double = 0.5, window: Duration = .seconds(30),
            openFor: Duration = .seconds(15), probes: Int = 3
        ) {
            self.minimum = minimum
            self.failureRatio = failureRatio
            self.window = window
            self.openFor = openFor
            self.probes = probes
        }
    }

    public enum State: Sendable, Hashable {
        case closed
        case open(until: Timestamp)
        /// On trial: so many more sends may start, so many successes are still needed.
        case halfOpen(mayStart: Int, needed: Int)
    }

    private struct Counts: Sendable, Hashable {
        var ended = 0
        var failed = 0
    }

    public var policy: Policy
    public private(set) var state: State = .closed
    /// The window in two halves, so that old sends leave it in steps.
    private var current = Counts()
    private var previous = Counts()
    private var halfBegan = Timestamp.distantPast
    private var openings = 0

    public init(policy: Policy) { self.policy = policy }

    /// How many sends may start now; nil: any number.
    public mutating func allowance(at now: Timestamp) -> Int? {
        switch state {
        case .closed: return nil
        case .open(let until):
            guard now >= until else { return 0 }
            state = .halfOpen(mayStart: policy.probes, needed: policy.probes)
            return policy.probes
        case .halfOpen(let mayStart, _): return mayStart
        }
    }

    public mutating func started(_ count: Int) {
        if case .halfOpen(let mayStart, let needed) = state {
            state = .halfOpen(mayStart: max(0, mayStart - count), needed: needed)
        }
    }

    public mutating func ended(failed: Bool, at now: Timestamp) {
        switch state {
        case .open: break
        case .halfOpen(let mayStart, let needed):
            if failed { return open(at: now) }
            state = needed > 1 ? .halfOpen(mayStart: mayStart, needed: needed - 1) : .closed
            if state == .closed { reset(at: now) }
        case .closed:
            roll(to: now)
            current.ended += 1
            guard failed else { return }
            current.failed += 1
            let ended = current.ended + previous.ended
            let failures = current.failed + previous.failed
            if ended >= policy.minimum, Double(failures) >= policy.failureRatio * Double(ended) { open(at: now) }
        }
    }

    /// A send that began came to an end that says nothing about the provider: on trial, another may start instead.
    public mutating func endedWithoutVerdict() {
        if case .halfOpen(let mayStart, let needed) = state {
            state = .halfOpen(mayStart: min(mayStart + 1, policy.probes), needed: needed)
        }
    }

    private mutating func open(at now: Timestamp) {
        let factor = 1 << min(openings, 3)
        openings += 1
        state = .open(until: now + policy.openFor * factor)
        current = Counts()
        previous = Counts()
    }

    private mutating func reset(at now: Timestamp) {
        openings = 0
        current = Counts()
        previous = Counts()
        halfBegan = now
    }

    private mutating func roll(to now: Timestamp) {
        let half = policy.window / 2
        guard now >= halfBegan + half else { return }
        previous = now < halfBegan + half + half ? current : Counts()
        current = Counts()
        halfBegan = now
    }
}
