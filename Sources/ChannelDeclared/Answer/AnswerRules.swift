public import ChannelSDK

/// How a provider's answer is read.
public struct AnswerRules: Sendable, Hashable {
    /// What an answer means, by a code in it or by its HTTP status.
    public enum Meaning: String, Sendable, Hashable, CaseIterable {
        case accepted
        /// It was not taken this time.
        case retry
        /// Too fast.
        case throttled
        /// Whether it was taken is not known.
        case uncertain
        /// It never will be, for no reason of those below.
        case rejected
        case recipient
        case optedOut = "opted_out"
        case blocked
        case content
        case configuration

        var kind: DeliveryFailure.Kind {
            switch self {
            case .throttled: .rateLimit
            case .retry, .uncertain: .transient
            case .accepted, .rejected: .other
            case .recipient: .recipient
            case .optedOut: .optedOut
            case .blocked: .blocked
            case .content: .content
            case .configuration: .configuration
            }
        }
    }

    /// The provider's id of the message. An answer that means acceptance and lacks it is not the provider's: what
    /// became of the message is not known then.
    public var id: ValueSelector?
    /// The provider's own code.
    public var code: ValueSelector?
    /// The provider's own words.
    public var words: ValueSelector?
    /// In seconds.
    public var retryAfter: ValueSelector
    /// By the provider's code: asked first.
    public var codes: [String: Meaning]
    /// Of a code that ``codes`` does not have, in an answer that HTTP calls a success; nil: it is one.
    public var otherCodes: Meaning?
    /// By HTTP status: asked second.
    public var statuses: [Int: Meaning]
    /// By the first digit of the HTTP status: asked third, before what is usual.
    public var classes: [Int: Meaning]
    /// What an acceptance is evidence of; nil: the channel's first status.
    public var status: StatusName?

    public init(
        id: ValueSelector? = nil, code: ValueSelector? = nil, words: ValueSelector? = nil,
        retryAfter: ValueSelector = .header("Retry-After"), codes: [String: Meaning] = [:], otherCodes: Meaning? = nil,
        statuses: [Int: Meaning] = [:], classes: [Int: Meaning] = [:], status: StatusName? = nil
    ) {
        self.id = id
        self.code = code
        self.words = words
        self.retryAfter = retryAfter
        self.codes = codes
        self.otherCodes = otherCodes
        self.statuses = statuses
        self.classes = classes
        self.status = status
    }

    func meaning(code: String?, status: Int) -> Meaning {
        if let code, let meaning = codes[code] { return meaning }
        let meaning = statuses[status] ?? classes[status / 100] ?? Self.usual(status)
        return meaning == .accepted && code != nil ? otherCodes ?? meaning : meaning
    }

    /// What HTTP itself says.
    private static func usual(_ status: Int) -> Meaning {
        switch status {
        case 200..<300: .accepted
        case 429: .throttled
        // Not processed, by definition.
        case 503, 408, 425: .retry
        // Whether the message was taken before the fault, nobody says.
        case 500...: .uncertain
        // A redirect is not followed: credentials would go where nobody configured them to go.
        case ..<400, 401, 402, 403, 404, 405, 407: .configuration
        case 413: .content
        default: .rejected
        }
    }
}
