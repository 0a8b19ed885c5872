internal import ChannelSDK
internal import Pipeline

/// What is asked of a module about messages, one at a time or all of a batch together.
extension ModuleCalls {
    typealias Preparation<Form> = @Sendable (OutboundMessage) throws(DeliveryFailure) -> Form

    func prepared<Form: Sendable>(
        _ name: StaticString, _ messages: [OutboundMessage], _ prepare: @escaping Preparation<Form>
    ) async -> [PreparedMessage<Form>] {
        // Nothing was sent of one that is overdue; the same again may end the same way, so that it counts as an attempt.
        await each(name, of: messages, overdue: .ended(.retry(Self.overdue)), notBegun: .ended(Self.postponed)) {
            switch self.result(of: $0, prepare) {
            case .success(let form): .ready(form)
            case .failure(let failure): .ended(.rejected(failure))
            }
        }
    }

    /// For who may block.
    func prepared<Form: Sendable>(
        _ name: StaticString, _ message: OutboundMessage, _ prepare: @escaping Preparation<Form>
    ) throws(DeliveryFailure) -> Form {
        guard let result = wait(name, { self.result(of: message, prepare) }) else { throw Self.overdue }
        return try result.get()
    }

    private func result<Form: Sendable>(
        of message: OutboundMessage, _ prepare: Preparation<Form>
    ) -> Result<Form, DeliveryFailure> {
        do throws(DeliveryFailure) {
            return .success(try prepare(message))
        } catch {
            return .failure(bounds.bounded(error))
        }
    }

    func outcomes<Answer: Sendable>(
        of answers: [Answer], _ judge: @escaping @Sendable (Answer) -> DeliveryOutcome
    ) async -> [DeliveryOutcome] {
        let bounds = bounds
        // Whether the provider took it stands in an answer that nobody reads.
        let unread = DeliveryOutcome.uncertain(Self.overdue)
        return await each("outcome", of: answers, overdue: unread, notBegun: unread) { bounds.bounded(judge($0)) }
    }

    /// For who may block.
    func outcome(_ judge: @escaping @Sendable () -> DeliveryOutcome) -> DeliveryOutcome {
        let bounds = bounds
        return wait("outcome") { bounds.bounded(judge()) } ?? .uncertain(Self.overdue)
    }

    /// By the client's own way.
    func delivered(
        _ messages: [OutboundMessage], by client: any DeliveryClient, within limit: Duration = .seconds(3600)
    ) async -> [DeliveryOutcome] {
        switch await slowTask(within: limit, { await client.deliver(messages) }) {
        case .value(let outcomes): bounds.bounded(outcomes, of: messages)
        case .overdue: messages.map { _ in .uncertain(Self.overdue) }
        case .notBegun: messages.map { _ in Self.postponed }
        }
    }
}
