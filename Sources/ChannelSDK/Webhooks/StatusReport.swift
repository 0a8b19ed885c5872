/// What a provider says about one delivery.
public struct StatusReport: Sendable, Hashable {
    /// What kind of word it is.
    public enum Kind: Sendable, Hashable {
        /// Evidence of a status of the channel's graph.
        case status(StatusName)
        /// An open, a click: kept in the timeline, no status.
        case engagement(String)
        /// A word that the parser does not know: kept in the timeline as it came.
        case unknown(String)
    }

    /// The delivery's id, where the provider echoed it: the first way to find the delivery.
    public var delivery: DeliveryID?
    /// The provider's id of the message: the second way.
    public var providerMessageID: String?
    /// What the provider says.
    public var kind: Kind
    /// The provider's own time of the event; nil when it gives none.
    public var occurredAt: Timestamp?
    /// The provider's code, e.g. an error code.
    public var code: String?
    /// For people; free of secrets.
    public var detail: String?
    /// Which part of a message in parts this is about: one of ``Acceptance/parts``.
    public var part: String?
    /// How many parts the message has, where the report tells. Should the answer that names the parts be lost, the whole
    /// is known all the same once as many have been reported on.
    public var partCount: Int?
    /// The provider's id of the event itself, the same each time it is reported (not the message's): an event of this id
    /// is kept in the timeline once. Nil when the provider gives none.
    public var eventID: String?

    public init(
        delivery: DeliveryID? = nil, providerMessageID: String? = nil, kind: Kind, occurredAt: Timestamp? = nil,
        code: String? = nil, detail: String? = nil, part: String? = nil, partCount: Int? = nil,
        eventID: String? = nil
    ) {
        self.delivery = delivery
        self.providerMessageID = providerMessageID
        self.kind = kind
        self.occurredAt = occurredAt
        self.code = code
        self.detail = detail
        self.part = part
        self.partCount = partCount
        self.eventID = eventID
    }
}

/// A message that somebody sent to us.
public struct InboundMessage: Sendable, Hashable {
    /// What the sender asks for, beyond being read.
    public enum Intent: String, Sendable, Hashable, CaseIterable {
        /// Send me nothing more.
        case optOut = "opt_out"
        /// Take back my opting out.
        case optIn = "opt_in"
        /// Tell me who you are, and how to opt out.
        case help
    }

    /// The provider's id of it.
    public var providerMessageID: String
    /// Who wrote it, as the channel addresses people.
    public var sender: String
    /// To which of our addresses it came.
    public var recipient: String
    /// The text; may be empty.
    public var body: String
    /// Addresses of files that came along.
    public var media: [String]
    /// The provider's own time; nil when it gives none.
    public var occurredAt: Timestamp?
    /// Nil: nothing that the channel recognizes.
    public var intent: Intent?
    /// Of a mail.
    public var subject: String?

    public init(
        providerMessageID: String, sender: String, recipient: String, body: String, media: [String] = [],
        occurredAt: Timestamp? = nil, intent: Intent? = nil, subject: String? = nil
    ) {
        self.providerMessageID = providerMessageID
        self.sender = sender
        self.recipient = recipient
        self.body = body
        self.media = media
        self.occurredAt = occurredAt
        self.intent = intent
        self.subject = subject
    }
}
