/// Submits messages to a provider. Most providers speak HTTP one message at a time: conform to
/// ``HTTPDeliveryClient`` then, and write two pure functions; `deliver` is one line that calls
/// ``HTTPDeliveryClient/deliver(_:over:)``.
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
    /// whose outcome is not known is then simply tried again, under the same key, as long as ``idempotencyWindow`` lasts.
    /// The key must be the delivery's own, the same for each attempt: its id is.
    var isIdempotent: Bool { get }

    /// How long the provider remembers a key, at least; without meaning where ``isIdempotent`` is false.
    var idempotencyWindow: Duration { get }

    /// The exact request for `message`.
    /// - Throws: why this message can never be sent.
    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest

    /// What the provider's answer says. Any bytes can come: never trap on them.
    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome
}

extension HTTPDeliveryClient {
    public var isIdempotent: Bool { false }

    /// 24 hours, as is usual.
    public var idempotencyWindow: Duration { .seconds(24 * 3600) }

    /// What it means that there is no answer: the rule for every HTTP provider.
    public func outcome(of failure: TransportFailure) -> DeliveryOutcome {
        DeliveryOutcome(of: failure, isIdempotent: isIdempotent)
    }
}

extension DeliveryOutcome {
    /// What it means that no answer came. With `isIdempotent` the provider drops repeats.
    init(of failure: TransportFailure, isIdempotent: Bool = false) {
        if failure.reason == .invalidRequest {
            self = .rejected(DeliveryFailure(.configuration, code: "invalid_request", message: failure.message))
            return
        }
        if failure.reason == .forbiddenAddress {
            self = .rejected(DeliveryFailure(.configuration, code: "forbidden_address", message: failure.message))
            return
        }
        let described = DeliveryFailure(.transient, code: failure.reason.rawValue, message: failure.message)
        self = failure.mayHaveBeenSent && !isIdempotent ? .uncertain(described) : .retry(described)
    }
}

extension HTTPDeliveryClient {
    /// Carries one request for each message over `transport` and reads the answers: what ``DeliveryClient/deliver(_:)``
    /// of a client of this kind calls. The host itself carries the requests of all its channels together instead.
    public func deliver(_ messages: [OutboundMessage], over transport: any Transport) async -> [DeliveryOutcome] {
        await withTaskGroup(of: (Int, DeliveryOutcome).self) { group in
            for (index, message) in messages.enumerated() {
                group.addTask { (index, await deliver(message, over: transport)) }
            }
            var outcomes: [DeliveryOutcome?] = messages.map { _ in nil }
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes.compactMap(\.self)
        }
    }

    private func deliver(_ message: OutboundMessage, over transport: any Transport) async -> DeliveryOutcome {
        do throws(DeliveryFailure) {
            switch await transport.perform(try request(for: message)) {
            case .success(let response): return outcome(of: response, for: message)
            case .failure(let failure): return outcome(of: failure)
            }
        } catch {
            return .rejected(error)
        }
    }
}

/// A provider that can be asked whether it took a delivery: allows the policy `uncertain: query`.
public protocol DeliveryQuery: Sendable {
    /// Asks the provider about one delivery.
    func find(_ message: OutboundMessage) async -> DeliveryQueryAnswer
}

/// What a provider says when it is asked whether it took a delivery.
public enum DeliveryQueryAnswer: Sendable, Hashable {
    /// It did.
    case taken(Acceptance)
    /// The provider is certain that it did not take it.
    case notTaken
    /// No answer now; asked again later.
    case unknown(DeliveryFailure)
}
