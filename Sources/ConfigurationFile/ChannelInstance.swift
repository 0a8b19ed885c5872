public import ChannelSDK

/// One entry of `channels:`: a module's instance with its provider, and how the host drives it.
public struct ChannelInstance: Sendable, Hashable {
    public var name: String
    /// One of the modules that the host knows.
    public var module: String
    /// One of the module's providers, with the settings for it.
    public var configuration: ChannelConfiguration
    /// Sends in flight.
    public var concurrency: Int
    /// Of one attempt.
    public var timeout: Duration
    /// All of them hold; empty: no limit.
    public var rateLimits: [RateLimit]
    public var retry: RetryConfiguration
    public var breaker: BreakerConfiguration
    public var uncertain: UncertainPolicy
    /// A delivery without a final report is closed so long after it was sent.
    public var settleAfter: Duration
    /// How long a report that no delivery is known for waits to be claimed.
    public var parkedFor: Duration
    /// Set while the channel is being taken out of service: it takes nothing new.
    public var removal: Removal?

    public var provider: String { configuration.provider }

    /// The host's defaults for an instance.
    public init(name: String, module: String, configuration: ChannelConfiguration) {
        self = Section.defaults { Self(name: name, module: module, configuration: configuration, &$0) }
    }
}

/// What becomes of what waits for a channel that is being taken out of service.
public enum Removal: String, Sendable, Hashable, CaseIterable {
    /// It is still sent.
    case drain
    /// It waits until the channel is back in service.
    case hold
}

/// What becomes of a delivery when it is not known whether the provider took it.
public enum UncertainPolicy: String, Sendable, Hashable, CaseIterable {
    /// Wait for a report until `settle_after`.
    case awaitCallback = "await_callback"
    /// Ask the provider; for providers that can be asked.
    case query
    /// Send again, at the risk of sending twice.
    case resend
    /// Wait for a person.
    case hold
}

/// Attempts of one delivery: exponential backoff from `base` to `max`, with full jitter.
public struct RetryConfiguration: Sendable, Hashable {
    /// The first included.
    public var attempts: Int
    public var base: Duration
    public var max: Duration

    public init() { self = Section.defaults { Self(&$0) } }
}

/// When a channel pauses because its provider fails.
public struct BreakerConfiguration: Sendable, Hashable {
    /// It opens when this share of the attempts within `window` failed, 0…1.
    public var failureRatio: Double
    /// Fewer attempts within `window` are not judged.
    public var minimum: Int
    public var window: Duration
    /// After this it lets a trial through.
    public var openFor: Duration

    public init() { self = Section.defaults { Self(&$0) } }
}

extension ChannelInstance {
    init(name: String, module: String, configuration: ChannelConfiguration, _ section: inout Section) {
        self.name = name
        self.module = module
        self.configuration = configuration
        concurrency = section.value("concurrency", .integer(1...10_000), default: 64, "Sends in flight.")
        timeout = section.value(
            "timeout", .duration(.milliseconds(100) ... .seconds(300)), default: .seconds(10),
            "How long one attempt may take.")
        rateLimits = section.list("rate_limit", .rate, "Sends per time; all of them hold. Default: no limit.") ?? []
        retry = section.section("retry", "When an attempt failed and may be repeated.") { RetryConfiguration(&$0) }
        breaker = section.section("breaker", "When the channel pauses because its provider fails.") {
            BreakerConfiguration(&$0)
        }
        uncertain = section.value(
            "uncertain", .choice, default: .awaitCallback,
            "What to do when it is not known whether the provider took a message.")
        settleAfter = section.value(
            "settle_after", .duration(.seconds(1) ... .seconds(90 * 86_400)), default: .seconds(72 * 3600),
            "A delivery without a final report is closed so long after it was sent.")
        parkedFor = section.value(
            "parked_for", .duration(.seconds(1) ... .seconds(30 * 86_400)), default: .seconds(24 * 3600),
            "How long a report waits for the delivery that it belongs to.")
        removal = section.optional(
            "removal", .choice,
            "Takes the channel out of service: nothing new is accepted for it. What waits is still sent (drain), or waits "
                + "until this key is gone again (hold). Default: it is in service.")
        warnOfRepeatedLimits(section)
    }

    private func warnOfRepeatedLimits(_ section: Section) {
        let intervals = rateLimits.map(\.interval)
        guard Set(intervals).count < intervals.count else { return }
        section.check.warning(
            "\(section.path).rate_limit has two rates for the same time; only the lower one matters",
            at: section.position(of: "rate_limit"))
    }
}

extension RetryConfiguration {
    init(
        _ section: inout Section, attempts attemptsUnlessSet: Int = 6, base baseUnlessSet: Duration = .seconds(1),
        max maxUnlessSet: Duration = .seconds(300)
    ) {
        attempts = section.value(
            "attempts", .integer(1...100), default: attemptsUnlessSet, "Attempts of one delivery, the first included.")
        base = section.value(
            "base", .duration(.milliseconds(10) ... .seconds(3600)), default: baseUnlessSet, "The wait after the first."
        )
        max = section.value(
            "max", .duration(.milliseconds(10) ... .seconds(86_400)), default: maxUnlessSet,
            "The longest wait; it doubles from attempt to attempt until then.")
        if max < base {
            section.check.error(
                "\(section.path).max must not be less than \(section.path).base", at: section.position(of: "max"))
        }
    }
}

extension BreakerConfiguration {
    init(_ section: inout Section) {
        failureRatio = section.value(
            "failure_ratio", .number(0.01...1), default: 0.5, "The share of failed attempts that opens the breaker.")
        minimum = section.value(
            "minimum", .integer(1...1_000_000), default: 20, "Fewer attempts within the window are not judged.")
        window = section.value(
            "window", .duration(.seconds(1) ... .seconds(3600)), default: .seconds(30), "How far back attempts count.")
        openFor = section.value(
            "open_for", .duration(.milliseconds(100) ... .seconds(3600)), default: .seconds(15),
            "How long the channel pauses before a trial.")
    }
}
