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
        let (metrics, start) = (parts.metrics, ContinuousClock.now)
        parts.host.transport.submit(items.map(\.form), defaultTimeout: parts.timeout) { completions in
            metrics.sent(completions.count, since: start)
            let ended = completions.lazy.map { (item: items[$0.index], result: $0.result) }
            if let client = client as? any IsolatedHTTPDelivery {
                return report(Self.unjudged(ended, failed: client.outcome) { .http(client, $0) })
            }
            report(
                Self.judged(ended) { result, message in
                    switch result {
                    case .success(let response): client.outcome(of: response, for: message)
                    case .failure(let failure): client.outcome(of: failure)
                    }
                })
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
        let (metrics, start) = (parts.metrics, ContinuousClock.now)
        parts.host.transport.submit(items.map(\.form), defaultTimeout: parts.timeout) { completions in
            metrics.sent(completions.count, since: start)
            let ended = completions.lazy.map { (item: items[$0.index], result: $0.result) }
            if let client = client as? any IsolatedMailDelivery {
                return report(Self.unjudged(ended, failed: client.outcome) { .mail(client, $0) })
            }
            report(Self.judged(ended) { client.outcome(of: $0, for: $1) })
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

    // MARK: What comes back

    private typealias Ended<Form, Answer> = (item: Outgoing<Form>, result: Result<Answer, TransportFailure>)

    private static func judged<Form, Answer>(
        _ ended: some Collection<Ended<Form, Answer>>,
        _ outcome: (Result<Answer, TransportFailure>, OutboundMessage) -> DeliveryOutcome
    ) -> EndedAttempts {
        EndedAttempts(ended.map { AttemptEnd(claim: $0.item.claim, end: .sent(outcome($0.result, $0.item.message))) })
    }

    /// Its code takes none of the transport's threads.
    private static func unjudged<Form, Answer>(
        _ ended: some Collection<Ended<Form, Answer>>, failed: (TransportFailure) -> DeliveryOutcome,
        _ answers: ([AnsweredAttempt<Answer>]) -> EndedAttempts.Answers
    ) -> EndedAttempts {
        var ends: [AttemptEnd] = []
        var answered: [AnsweredAttempt<Answer>] = []
        for (item, result) in ended {
            switch result {
            case .success(let answer):
                answered.append(AnsweredAttempt(claim: item.claim, message: item.message, answer: answer))
            case .failure(let failure): ends.append(AttemptEnd(claim: item.claim, end: .sent(failed(failure))))
            }
        }
        return EndedAttempts(ends, answers: answered.isEmpty ? nil : answers(answered))
    }
}
