internal import ChannelSDK
internal import Pipeline

/// What is asked of a module about messages, one at a time or all of a batch together.
extension ModuleCalls {
    typealias Preparation<Form> = @Sendable (OutboundMessage) throws(DeliveryFailure) -> Form

    func prepared<Form: Sendable>(
        _ name: StaticString, _ messages: [OutboundMessage], _ prepare: @escaping Preparation<Form>
    ) async -> [PreparedMessage<Form>] {
        let endings = await each(name, of: messages) { self.result(of: $0, prepare) }
        return endings.map { ending in
            switch ending {
            case .value(.success(let form)): .ready(form)
            case .value(.failure(let failure)): .ended(.rejected(failure))
            // Nothing was sent; the same again may end the same way, so that it counts as an attempt.
            case .overdue: .ended(.retry(Self.overdue))
            case .notBegun: .ended(Self.postponed)
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
        return await each("outcome", of: answers) { bounds.bounded(judge($0)) }
            .map { $0.value ?? .uncertain(Self.overdue) }
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
