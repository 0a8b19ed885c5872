/// What the application wants to be told, and to whom.
public struct MessageContent: Sendable, Hashable {
    /// As the channel addresses people: a phone number in E.164, an email address, …
    public var recipient: String
    /// The text.
    public var body: String
    /// For channels that have one.
    public var subject: String?
    /// The application's own labels; routes can match on them.
    public var tags: [String]
    /// Channel-specific options by name, each a string, e.g. `media_url`.
    public var options: [String: String]
    /// For channels that carry files. A channel that does not must say so in ``RunningChannel/validate(_:)``.
    public var attachments: [MessageAttachment]

    public init(
        recipient: String, body: String, subject: String? = nil, tags: [String] = [], options: [String: String] = [:],
        attachments: [MessageAttachment] = []
    ) {
        self.recipient = recipient
        self.body = body
        self.subject = subject
        self.tags = tags
        self.options = options
        self.attachments = attachments
    }
}

/// Something wrong with one field of a request.
public struct FieldProblem: Error, Sendable, Hashable {
    /// The name of the field as the application wrote it, e.g. `to`, or a path such as `options.media_url`.
    public let field: String
    /// What is wrong and what to do, for people.
    public let message: String

    public init(field: String, message: String) {
        self.field = field
        self.message = message
    }
}
