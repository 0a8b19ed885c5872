public import ChannelSDK

// The host asks modules whose code it does not trust to return by these, in the place of the protocols that they are of:
// the code runs on threads of its own, and each call ends in time, with its answer or without. Calls that many have to
// make come together.

/// A channel of such a module.
public protocol IsolatedChannel: RunningChannel {
    /// What ``RunningChannel/validate(_:)`` says of each; nil: it did not answer.
    func problems(of contents: [MessageContent]) async -> [[FieldProblem]?]
}

/// What there is to be sent for a message.
public enum PreparedMessage<Form: Sendable>: Sendable {
    case ready(Form)
    /// The attempt has ended with this.
    case ended(DeliveryOutcome)
}

public protocol IsolatedHTTPDelivery: HTTPDeliveryClient {
    func requests(for messages: [OutboundMessage]) async -> [PreparedMessage<HTTPRequest>]
    func outcomes(of answers: [(HTTPResponse, OutboundMessage)]) async -> [DeliveryOutcome]
}

public protocol IsolatedMailDelivery: SMTPDeliveryClient {
    func submissions(for messages: [OutboundMessage]) async -> [PreparedMessage<SMTPSubmission>]
    func outcomes(of replies: [(SMTPReply, OutboundMessage)]) async -> [DeliveryOutcome]
}

public protocol IsolatedDelivery: DeliveryClient {
    /// What did not begin within `limit` never does.
    func deliver(_ messages: [OutboundMessage], within limit: Duration) async -> [DeliveryOutcome]
}

public protocol IsolatedQuery: DeliveryQuery {
    func find(_ message: OutboundMessage, within limit: Duration) async -> DeliveryQueryAnswer
}

public protocol IsolatedParser: WebhookParser {
    /// What the module says of requests that came: `judged` is told of each by its index, once; nil: it did not answer.
    /// - Returns: when all are judged but those for which it waits for something, or does not return: they come later.
    func receptions(
        of requests: [WebhookRequest], judged: @escaping @Sendable (Int, WebhookReception?) -> Void) async

    /// What ``WebhookParser/parse(_:)`` says of each, of which as many are read as can be in a while; nil: not read yet.
    func contents(of requests: [WebhookRequest]) async -> [Result<WebhookContents, WebhookRefusal>?]
}

/// What becomes of a request that claims to come from a provider.
public enum WebhookReception: Sendable, Hashable {
    /// It only introduces itself.
    case handshake(WebhookReply)
    /// It is answered by this, and stored so: see ``WebhookVerification/withoutSecret(_:)``.
    case genuine(WebhookReply, stored: WebhookRequest)
    /// It is to be answered by what the verifier found.
    case judged(WebhookVerdict)
}
