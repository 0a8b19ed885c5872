import ChannelSDK

/// A message with what is sent for it.
struct Outgoing<Form> {
    let claim: ClaimedDelivery
    let message: OutboundMessage
    let form: Form

    init(_ claim: ClaimedDelivery, _ message: OutboundMessage, _ form: Form) {
        self.claim = claim
        self.message = message
        self.form = form
    }
}

extension Outgoing: Sendable where Form: Sendable {}

/// Providers that take one request for each message, which the host's transport carries.
extension DeliverySender {
    // MARK: One HTTP request per message

    func requests(
        for outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)], _ client: any HTTPDeliveryClient
    ) async -> [Outgoing<HTTPRequest>] {
        if let client = client as? any IsolatedHTTPDelivery {
            return ready(outgoing, await client.requests(for: outgoing.map(\.message)))
        }
        return prepared(outgoing) { (message) throws(DeliveryFailure) in try client.request(for: message) }
    }

    func submit(_ items: [Outgoing<HTTPRequest>], to client: any HTTPDeliveryClient) {
        guard !items.isEmpty else { return }
        let (report, metrics, start) = (report, parts.metrics, ContinuousClock.now)
        parts.host.transport.submit(items.map(\.form), defaultTimeout: parts.timeout) { completions in
            metrics.sent(completions.count, since: start)
            let ended = completions.lazy.map { (item: items[$0.index], result: $0.result) }
            if let client = client as? any IsolatedHTTPDelivery {
                return Self.judge(ended, report, failed: { client.outcome(of: $0) }, answered: client.outcomes)
            }
            Self.judge(ended, report) { result, message in
                switch result {
                case .success(let response): client.outcome(of: response, for: message)
                case .failure(let failure): client.outcome(of: failure)
                }
            }
        }
    }

    // MARK: One mail per message

    func submissions(
        for outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)], _ client: any SMTPDeliveryClient
    ) async -> [Outgoing<SMTPSubmission>] {
        if let client = client as? any IsolatedMailDelivery {
            return ready(outgoing, await client.submissions(for: outgoing.map(\.message)))
        }
        return prepared(outgoing) { (message) throws(DeliveryFailure) in try client.submission(for: message) }
    }

    func submit(_ items: [Outgoing<SMTPSubmission>], to client: any SMTPDeliveryClient) {
        guard !items.isEmpty else { return }
        let (report, metrics, start) = (report, parts.metrics, ContinuousClock.now)
        parts.host.transport.submit(items.map(\.form), defaultTimeout: parts.timeout) { completions in
            metrics.sent(completions.count, since: start)
            let ended = completions.lazy.map { (item: items[$0.index], result: $0.result) }
            if let client = client as? any IsolatedMailDelivery {
                return Self.judge(ended, report, failed: { client.outcome(of: $0) }, answered: client.outcomes)
            }
            Self.judge(ended, report) { client.outcome(of: $0, for: $1) }
        }
    }

    // MARK: What is sent

    private func prepared<Form>(
        _ outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)],
        _ prepare: (OutboundMessage) throws(DeliveryFailure) -> Form
    ) -> [Outgoing<Form>] {
        var prepared: [Outgoing<Form>] = []
        prepared.reserveCapacity(outgoing.count)
        for item in outgoing {
            do throws(DeliveryFailure) {
                prepared.append(Outgoing(item.claim, item.message, try prepare(item.message)))
            } catch {
                report([AttemptEnd(claim: item.claim, end: .sent(.rejected(error)))])
            }
        }
        return prepared
    }

    /// Those of an isolated module that are to be sent; the others' attempts end here.
    private func ready<Form>(
        _ outgoing: [(claim: ClaimedDelivery, message: OutboundMessage)], _ prepared: [PreparedMessage<Form>]
    ) -> [Outgoing<Form>] {
        var ends: [AttemptEnd] = []
        let ready = zip(outgoing, prepared).compactMap { item, prepared -> Outgoing<Form>? in
            switch prepared {
            case .ready(let form): return Outgoing(item.claim, item.message, form)
            case .ended(let outcome): ends.append(AttemptEnd(claim: item.claim, end: .sent(outcome)))
            }
            return nil
        }
        if !ends.isEmpty { report(ends) }
        return ready
    }

    private typealias Ended<Form, Answer> = (item: Outgoing<Form>, result: Result<Answer, TransportFailure>)

    private static func judge<Form, Answer>(
        _ ended: some Collection<Ended<Form, Answer>>, _ report: ([AttemptEnd]) -> Void,
        _ outcome: (Result<Answer, TransportFailure>, OutboundMessage) -> DeliveryOutcome
    ) {
        report(ended.map { AttemptEnd(claim: $0.item.claim, end: .sent(outcome($0.result, $0.item.message))) })
    }

    /// Has an isolated module judge what came together, together. Its code takes none of the transport's threads.
    private static func judge<Form, Answer: Sendable>(
        _ ended: some Collection<Ended<Form, Answer>>, _ report: @escaping @Sendable ([AttemptEnd]) -> Void,
        failed: (TransportFailure) -> DeliveryOutcome,
        answered: @escaping @Sendable ([(Answer, OutboundMessage)]) async -> [DeliveryOutcome]
    ) {
        var ends: [AttemptEnd] = []
        var (claims, answers): ([ClaimedDelivery], [(Answer, OutboundMessage)]) = ([], [])
        for (item, result) in ended {
            switch result {
            case .success(let answer):
                claims.append(item.claim)
                answers.append((answer, item.message))
            case .failure(let failure): ends.append(AttemptEnd(claim: item.claim, end: .sent(failed(failure))))
            }
        }
        if !ends.isEmpty { report(ends) }
        guard !answers.isEmpty else { return }
        Task { [claims, answers] in
            let outcomes = await answered(answers)
            report(zip(claims, outcomes).map { AttemptEnd(claim: $0, end: .sent($1)) })
        }
    }
}
