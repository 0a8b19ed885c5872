/// Submits messages to a provider. Most providers speak HTTP one message at a time: conform to
/// ``HTTPDeliveryClient`` then, and write two pure functions instead.
public protocol DeliveryClient: Sendable {
    /// The most messages that one call takes; 1 unless the provider accepts several at once.
    var batchLimit: Int { get }

    /// One outcome for each message, in the same order. It does not throw: every error is an outcome.
    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome]
}

extension DeliveryClient {
    public var batchLimit: Int { 1 }
}

/// A provider with one HTTP request per message. The host carries the requests, in batches over pooled connections,
/// and decides what a broken connection means.
public protocol HTTPDeliveryClient: DeliveryClient {
    /// True when the provider drops repeats of a request by an idempotency key that ``request(for:)`` sets: an attempt
    /// whose outcome is not known is then simply tried again.
    var isIdempotent: Bool { get }

    /// The exact request for `message`.
    /// - Throws: why this message can never be sent.
    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest

    /// What the provider's answer says. Any bytes can come: never trap on them.
    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome
}

extension HTTPDeliveryClient {
    public var isIdempotent: Bool { false }

    /// What it means that there is no answer: the rule for every HTTP provider.
    public func outcome(of failure: TransportFailure) -> DeliveryOutcome {
        if failure.reason == .invalidRequest {
            return .rejected(DeliveryFailure(.configuration, code: "invalid_request", message: failure.message))
        }
        let described = DeliveryFailure(.transient, code: failure.reason.rawValue, message: failure.message)
        return failure.mayHaveBeenSent && !isIdempotent ? .uncertain(described) : .retry(described)
    }
}

/// A provider that can be asked whether it took a delivery: allows the policy `uncertain: query`.
public protocol DeliveryQuery: Sendable {
    func find(_ message: OutboundMessage) async -> DeliveryQueryAnswer
}

public enum DeliveryQueryAnswer: Sendable, Hashable {
    case taken(Acceptance)
    /// The provider is certain that it did not take it.
    case notTaken
    /// No answer now; asked again later.
    case unknown(DeliveryFailure)
}
