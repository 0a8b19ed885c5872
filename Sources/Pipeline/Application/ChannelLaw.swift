public import ChannelSDK

/// What decides about a channel's deliveries: its statuses, and what its operator set.
public struct ChannelLaw: Sendable, Hashable {
    public let order: StatusOrder
    public let policy: DeliveryPolicy

    public init(order: StatusOrder, policy: DeliveryPolicy) {
        self.order = order
        self.policy = policy
    }
}

public struct DeliveryPolicy: Sendable, Hashable {
    public var retry: RetryPolicy
    public var uncertain: UncertainPolicy
    /// A delivery that hears nothing for so long after the provider took it is closed.
    public var settleAfter: Duration
    /// How long the provider drops repeats of one delivery's request by its key; nil: it does not.
    public var idempotency: Duration?

    public init(
        retry: RetryPolicy = RetryPolicy(), uncertain: UncertainPolicy = .awaitCallback,
        settleAfter: Duration = .seconds(72 * 3600), idempotency: Duration? = nil
    ) {
        self.retry = retry
        self.uncertain = uncertain
        self.settleAfter = settleAfter
        self.idempotency = idempotency
    }

    /// As far as a repeat may begin after a request: the rest is for how long it is under way, and for clocks that differ.
    var repeatsWithin: Duration? { idempotency.map { $0 / 10 * 9 } }
}

/// What to do about a send whose outcome is not known.
public enum UncertainPolicy: String, Sendable, Hashable, CaseIterable {
    /// Wait for the provider's report.
    case awaitCallback = "await_callback"
    /// Ask the provider.
    case query
    /// Send again, as a new delivery: the recipient may get it twice.
    case resend
    /// Wait for an operator.
    case hold
}

/// Exponential backoff with full jitter.
public struct RetryPolicy: Sendable, Hashable {
    /// The most attempts that count (a throttled one does not).
    public var attempts: Int
    /// The upper bound of the first delay; it doubles with each failure.
    public var base: Duration
    /// The upper bound of every delay.
    public var max: Duration

    public init(attempts: Int = 6, base: Duration = .seconds(1), max: Duration = .seconds(300)) {
        self.attempts = attempts
        self.base = base
        self.max = max
    }

    /// The delay after failure number `failure` (from 1). The jitter is a hash of the delivery and the number, so that
    /// a record applied again gives the same time.
    /// - Parameter atLeast: what the provider asked for; the delay is never shorter.
    func delay(after failure: Int, of delivery: DeliveryID, atLeast: Duration?) -> Duration {
        let doublings = min(Swift.max(failure - 1, 0), 30)
        let bound = min(base.wholeMilliseconds << doublings, max.wholeMilliseconds)
        var generator = SplitMix64(
            seed: delivery.notification.low ^ delivery.notification.high.byteSwapped
                &+ UInt64(delivery.ordinal) << 32 &+ UInt64(truncatingIfNeeded: failure))
        let jittered = Int64.random(in: 0...Swift.max(bound, 1), using: &generator)
        return Swift.max(.milliseconds(jittered), atLeast ?? .zero)
    }
}

/// A small, fast generator with a fixed result for a seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
