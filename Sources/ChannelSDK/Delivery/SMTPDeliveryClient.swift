/// A provider that takes mail over SMTP, one transaction per message: two pure functions, and `deliver` is one line
/// that calls ``SMTPDeliveryClient/deliver(_:over:defaultTimeout:)``.
public protocol SMTPDeliveryClient: DeliveryClient {
    /// The exact mail for `message`.
    /// - Throws: why this message can never be sent.
    func submission(for message: OutboundMessage) throws(DeliveryFailure) -> SMTPSubmission

    /// What the server's reply says. Any words can come: never trap on them.
    func outcome(of reply: SMTPReply, for message: OutboundMessage) -> DeliveryOutcome
}

extension SMTPDeliveryClient {
    /// What it means that there is no reply: the rule for every mail server.
    public func outcome(of failure: TransportFailure) -> DeliveryOutcome { DeliveryOutcome(of: failure) }

    /// What became of one submission.
    public func outcome(of result: SMTPResult, for message: OutboundMessage) -> DeliveryOutcome {
        switch result {
        case .success(let reply): outcome(of: reply, for: message)
        case .failure(let failure): outcome(of: failure)
        }
    }

    /// Submits a mail for each message over `transport` and reads the replies: what ``DeliveryClient/deliver(_:)`` of a
    /// client of this kind calls.
    public func deliver(
        _ messages: [OutboundMessage], over transport: any Transport, defaultTimeout: Duration = .seconds(15)
    ) async -> [DeliveryOutcome] {
        await withTaskGroup(of: (Int, DeliveryOutcome).self) { group in
            for (index, message) in messages.enumerated() {
                group.addTask { (index, await deliver(message, over: transport, defaultTimeout)) }
            }
            var outcomes: [DeliveryOutcome?] = messages.map { _ in nil }
            for await (index, outcome) in group { outcomes[index] = outcome }
            return outcomes.compactMap(\.self)
        }
    }

    private func deliver(
        _ message: OutboundMessage, over transport: any Transport, _ timeout: Duration
    ) async -> DeliveryOutcome {
        do throws(DeliveryFailure) {
            return outcome(
                of: await transport.perform(try submission(for: message), defaultTimeout: timeout), for: message)
        } catch {
            return .rejected(error)
        }
    }
}
