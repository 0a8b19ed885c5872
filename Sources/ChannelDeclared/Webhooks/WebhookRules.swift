public import ChannelSDK

/// How a provider's webhooks are read.
public struct WebhookRules: Sendable, Hashable {
    public enum Format: String, Sendable, Hashable, CaseIterable {
        /// An event, or a list of them.
        case json
        /// One event, `application/x-www-form-urlencoded`.
        case form
        /// One event, in the address.
        case query
    }

    public enum TimeFormat: String, Sendable, Hashable, CaseIterable {
        case rfc3339, seconds, milliseconds
    }

    /// Events that have no status, but these.
    public struct Inbound: Sendable, Hashable {
        public var id: ValueSelector
        public var sender: ValueSelector
        public var recipient: ValueSelector?
        public var body: ValueSelector

        public init(id: ValueSelector, sender: ValueSelector, recipient: ValueSelector?, body: ValueSelector) {
            self.id = id
            self.sender = sender
            self.recipient = recipient
            self.body = body
        }
    }

    public var format: Format
    /// Where the list of events is; nil: the body is the event, or the list.
    public var events: ValueSelector?
    /// The delivery's id, where the provider echoes it.
    public var delivery: ValueSelector?
    /// The provider's id of the message.
    public var id: ValueSelector?
    public var status: ValueSelector
    public var statuses: [String: StatusName]
    /// Words that are opens, clicks and the like.
    public var engagements: Set<String>
    /// Words that say nothing about a delivery.
    public var ignored: Set<String>
    public var time: ValueSelector?
    public var timeFormat: TimeFormat
    public var code: ValueSelector?
    public var detail: ValueSelector?
    public var inbound: Inbound?
    public var verification: VerificationRule

    public init(
        format: Format = .json, events: ValueSelector? = nil, delivery: ValueSelector? = nil, id: ValueSelector? = nil,
        status: ValueSelector, statuses: [String: StatusName], engagements: Set<String> = [],
        ignored: Set<String> = [], time: ValueSelector? = nil, timeFormat: TimeFormat = .rfc3339,
        code: ValueSelector? = nil, detail: ValueSelector? = nil, inbound: Inbound? = nil,
        verification: VerificationRule
    ) {
        self.format = format
        self.events = events
        self.delivery = delivery
        self.id = id
        self.status = status
        self.statuses = statuses
        self.engagements = engagements
        self.ignored = ignored
        self.time = time
        self.timeFormat = timeFormat
        self.code = code
        self.detail = detail
        self.inbound = inbound
        self.verification = verification
    }
}
