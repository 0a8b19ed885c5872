public import ChannelSDK
public import Testing

/// A request's content, and the fields that ``Channel/validate(_:)`` must object to.
public struct ContentCase: Sendable {
    public let name: String
    public let content: MessageContent
    /// In any order; empty: the content is fine.
    public let fields: [String]
    public let sourceLocation: SourceLocation

    public init(
        _ name: String, _ content: MessageContent, problemsAt fields: [String] = [],
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        (self.name, self.content, self.fields, self.sourceLocation) = (name, content, fields, sourceLocation)
    }
}

/// A message, and the exact request that submits it.
public struct RequestCase: Sendable {
    public let name: String
    public let content: MessageContent
    /// Headers in any order.
    public let request: HTTPRequest
    public let sourceLocation: SourceLocation

    public init(
        _ name: String, _ content: MessageContent, becomes request: HTTPRequest,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        (self.name, self.content, self.request, self.sourceLocation) = (name, content, request, sourceLocation)
    }
}

/// A provider's answer to a submission, and how the attempt ended.
public struct AnswerCase: Sendable {
    public let name: String
    public let response: HTTPResponse
    public let outcome: DeliveryOutcome
    public let sourceLocation: SourceLocation

    public init(
        _ name: String, _ response: HTTPResponse, means outcome: DeliveryOutcome,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        (self.name, self.response, self.outcome, self.sourceLocation) = (name, response, outcome, sourceLocation)
    }
}

/// A message, and the exact mail that submits it.
public struct SubmissionCase: Sendable {
    public let name: String
    public let content: MessageContent
    public let mail: SMTPSubmission
    public let sourceLocation: SourceLocation

    public init(
        _ name: String, _ content: MessageContent, becomes mail: SMTPSubmission,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        (self.name, self.content, self.mail, self.sourceLocation) = (name, content, mail, sourceLocation)
    }
}

/// A mail server's reply to a submission, and how the attempt ended.
public struct ReplyCase: Sendable {
    public let name: String
    public let reply: SMTPReply
    public let outcome: DeliveryOutcome
    public let sourceLocation: SourceLocation

    public init(
        _ name: String, _ reply: SMTPReply, means outcome: DeliveryOutcome,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        (self.name, self.reply, self.outcome, self.sourceLocation) = (name, reply, outcome, sourceLocation)
    }
}

/// A provider's webhook, and what it says.
public struct WebhookCase: Sendable {
    public let name: String
    public let request: WebhookRequest
    /// Nil: it makes no sense, and the parser refuses it.
    public let contents: WebhookContents?
    public let sourceLocation: SourceLocation

    public init(
        _ name: String, _ request: WebhookRequest, says contents: WebhookContents,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        (self.name, self.request, self.contents, self.sourceLocation) = (name, request, contents, sourceLocation)
    }

    public init(refusing name: String, _ request: WebhookRequest, sourceLocation: SourceLocation = #_sourceLocation) {
        (self.name, self.request, self.contents, self.sourceLocation) = (name, request, nil, sourceLocation)
    }
}
