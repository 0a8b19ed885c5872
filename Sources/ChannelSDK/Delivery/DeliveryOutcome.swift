/// How one attempt ended. Classify by the provider's own error code first, by HTTP status second.
public enum DeliveryOutcome: Sendable, Hashable {
    /// The provider took it.
    case accepted(Acceptance)
    /// It never will: no more attempts; a route goes on to its next channel.
    case rejected(DeliveryFailure)
    /// The provider did not take it this time. Tried again after `after`, or after the host's own backoff.
    case retry(DeliveryFailure, after: Duration? = nil)
    /// Too fast. The whole channel pauses for `after`, or for the host's own backoff; no attempt is counted.
    case throttled(DeliveryFailure, after: Duration? = nil)
    /// The request left, and the provider may or may not have taken it. Goes by the channel's `uncertain` policy.
    case uncertain(DeliveryFailure)
}

/// What the provider's answer tells about a message that it took.
public struct Acceptance: Sendable, Hashable {
    /// The provider's id of the message, by which reports name it; nil when it gives none.
    public var providerMessageID: String?
    /// The status that the answer itself gives evidence of; nil: the channel's first.
    public var status: StatusName?
    /// The provider's ids of the message's parts, where it reports on each part by itself.
    public var parts: [String]
    /// In how many segments the message goes, which is what carriers charge for; nil where that means nothing.
    public var segments: Int?

    public init(
        providerMessageID: String?, status: StatusName? = nil, parts: [String] = [], segments: Int? = nil
    ) {
        self.providerMessageID = providerMessageID
        self.status = status
        self.parts = parts
        self.segments = segments
    }
}

/// Why a message was not taken, or never will be.
public struct DeliveryFailure: Error, Sendable, Hashable {
    /// Whose fault it is, which decides what the host tells the application.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The address is wrong, unreachable or not of this channel.
        case recipient
        /// The recipient does not want it.
        case optedOut = "opted_out"
        /// Filtered or forbidden by the provider or the carrier.
        case blocked
        /// The message itself is not acceptable.
        case content
        /// Credentials, sender or account: somebody has to change the configuration.
        case configuration
        /// The provider asks for less traffic.
        case rateLimit = "rate_limit"
        /// A passing fault at the provider or on the way.
        case transient
        /// Its time was over before anybody took it: the delivery ends as `expired`.
        case expired
        /// None of these.
        case other
    }

    /// Whose fault it is.
    public let kind: Kind
    /// The provider's own code where it gave one, e.g. `21610`.
    public let code: String
    /// For people; free of secrets.
    public let message: String

    public init(_ kind: Kind, code: String, message: String) {
        self.kind = kind
        self.code = code
        self.message = message
    }
}
