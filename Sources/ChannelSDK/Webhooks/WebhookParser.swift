/// Reads a provider's webhooks.
///
/// Verification is declared, not coded into the parser: the host runs it on the raw bytes before ``parse(_:)`` sees
/// anything. The parser is a pure function of the request, because the host stores the request first and may parse it
/// later, or again.
public protocol WebhookParser: Sendable {
    /// How the host knows that a request is genuine.
    var verification: WebhookVerification { get }

    /// The answer to a request that only introduces itself (a subscription handshake), which is then not stored; nil for
    /// every other request. Runs before verification and must check what the handshake itself offers.
    func handshake(_ request: WebhookRequest) -> WebhookReply?

    /// The answer to a genuine, stored request.
    func acknowledgement(of request: WebhookRequest) -> WebhookReply

    /// What the request says. Unknown fields are ignored, unknown statuses reported as ``StatusReport/Kind/unknown(_:)``.
    /// - Throws: ``WebhookRefusal`` when the request makes no sense at all; it then goes to the dead letters.
    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents
}

extension WebhookParser {
    public func handshake(_ request: WebhookRequest) -> WebhookReply? { nil }
    public func acknowledgement(of request: WebhookRequest) -> WebhookReply { WebhookReply() }
}

/// Everything that one webhook says.
public struct WebhookContents: Sendable, Hashable {
    /// What became of deliveries.
    public var reports: [StatusReport]
    /// What people sent to us.
    public var inbound: [InboundMessage]
    /// What recipients want to be sent from now on, beside what ``InboundMessage/intent`` says: the host's opt-out list
    /// takes it.
    public var optOuts: [OptOutReport]

    public init(reports: [StatusReport] = [], inbound: [InboundMessage] = [], optOuts: [OptOutReport] = []) {
        self.reports = reports
        self.inbound = inbound
        self.optOuts = optOuts
    }
}

/// A genuine request that cannot be understood.
public struct WebhookRefusal: Error, Sendable, Hashable {
    /// What is missing or wrong, for people; free of secrets.
    public let message: String

    public init(_ message: String) { self.message = message }
}

/// How the host knows that a request comes from the provider.
public enum WebhookVerification: Sendable {
    /// The host asks this for each request.
    case scheme(any WebhookVerifier)
    /// Nothing is checked; `reason` says why that is right here, and is shown to the operator.
    case none(reason: String)

    /// A genuine request as it is stored: see ``WebhookVerifier/withoutSecret(_:)``.
    public func withoutSecret(_ request: WebhookRequest) -> WebhookRequest {
        switch self {
        case .scheme(let verifier): verifier.withoutSecret(request)
        case .none: request
        }
    }
}

/// A signature scheme, or another proof of origin. Works on the raw bytes, in constant time.
public protocol WebhookVerifier: Sendable {
    /// For people, e.g. `HMAC-SHA1 over URL and form`.
    var name: String { get }
    /// Whether `request` is genuine. A time in it is compared with `now`.
    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict
    /// A genuine request as it is stored, and parsed: without a secret that it shows as it is. A signature is none.
    /// Default: the request itself.
    func withoutSecret(_ request: WebhookRequest) -> WebhookRequest
}

extension WebhookVerifier {
    public func withoutSecret(_ request: WebhookRequest) -> WebhookRequest { request }
}

/// A verifier that waits for nothing: it needs no more than the request and what it was made with. Where many requests
/// come together, the host asks it without a task for each.
public protocol PromptWebhookVerifier: WebhookVerifier {
    /// As ``WebhookVerifier/verify(_:now:)``, at once.
    func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict
}

/// What a verifier finds.
public enum WebhookVerdict: Sendable, Hashable {
    /// It comes from the provider, as it is.
    case genuine
    /// For people; says which header was missing or wrong, never what it should have been.
    case refused(String)
    /// Nobody can tell for now, e.g. because the provider's certificate can't be fetched: the provider is asked to come
    /// again. For people, as with ``refused(_:)``; never where a proof is missing or wrong.
    case undecided(String)
}
