import ChannelSDK

/// Submits free text as it is and, where the provider answers that the 24-hour window is closed, at once again by the
/// fallback template: within one attempt, because the provider is known not to have taken the text.
///
/// The host carries one request for each attempt, not such a pair, so this is a client of its own kind: it carries its
/// requests itself. Requests that the host carries together are faster; without a fallback they stay so.
struct FallbackDelivery<Client: HTTPDeliveryClient>: DeliveryClient {
    let client: Client
    let template: FallbackTemplate
    /// The provider's code for a closed window.
    let closedWindowCode: Int
    let transport: TimeLimitedTransport

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        var outcomes = await client.deliver(messages, over: transport)
        var again: [(index: Int, message: OutboundMessage)] = []
        for (index, outcome) in outcomes.enumerated() where isWindowClosed(outcome) {
            if let message = template.message(for: messages[index]) { again.append((index, message)) }
        }
        guard !again.isEmpty else { return outcomes }
        let answers = await client.deliver(again.map(\.message), over: transport)
        for (item, outcome) in zip(again, answers) { outcomes[item.index] = outcome.ofFallback }
        return outcomes
    }

    private func isWindowClosed(_ outcome: DeliveryOutcome) -> Bool {
        if case .rejected(let failure) = outcome { failure.code == String(closedWindowCode) } else { false }
    }
}

/// The host gives a client of its own kind twice the channel's `timeout` for an attempt: two requests, one after the other,
/// have to end within that, whatever the timeout, else the template could go out after the attempt was given up.
struct TimeLimitedTransport: Transport {
    let base: any Transport
    /// For one request, with something left for all that is not waiting.
    let limit: Duration

    init(host: ChannelHost) { (base, limit) = (host.transport, host.timeout * 4 / 5) }

    func submit(
        _ requests: [HTTPRequest], defaultTimeout: Duration,
        completion: @escaping @Sendable ([TransportCompletion]) -> Void
    ) {
        base.submit(requests, defaultTimeout: limit, completion: completion)
    }
}

extension DeliveryOutcome {
    /// The same, with failures that say which of the two messages failed.
    fileprivate var ofFallback: DeliveryOutcome {
        switch self {
        case .accepted: self
        case .rejected(let failure): .rejected(failure.ofFallback)
        case .retry(let failure, let after): .retry(failure.ofFallback, after: after)
        case .throttled(let failure, let after): .throttled(failure.ofFallback, after: after)
        case .uncertain(let failure): .uncertain(failure.ofFallback)
        }
    }
}

extension DeliveryFailure {
    fileprivate var ofFallback: DeliveryFailure {
        DeliveryFailure(kind, code: code, message: "the window is closed, and by the fallback template: \(message)")
    }
}
