import ChannelSDK

/// Submits messages by the declaration's request, one for each.
struct DeclaredDelivery: HTTPDeliveryClient {
    let writer: RequestWriter
    let rules: AnswerRules
    let secrets: [Secret]
    let host: ChannelHost

    var isIdempotent: Bool { writer.template.idempotencyHeader != nil }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        await deliver(messages, over: host.transport)
    }

    func request(for message: OutboundMessage) throws(DeliveryFailure) -> HTTPRequest {
        do throws(UnfitValue) {
            return try writer.request(for: message)
        } catch {
            throw error.failure
        }
    }

    func outcome(of response: HTTPResponse, for message: OutboundMessage) -> DeliveryOutcome {
        answer(response).outcome()
    }

    func answer(_ response: HTTPResponse) -> ProviderAnswer {
        ProviderAnswer(response: response, rules: rules, secrets: secrets, now: host.clock.now())
    }
}

/// Submits several messages in one request, where the declaration says how.
struct DeclaredBatchDelivery: DeliveryClient {
    let batch: BatchRules
    /// Knows the request and the answer.
    let single: DeclaredDelivery

    var batchLimit: Int { batch.limit }

    func deliver(_ messages: [OutboundMessage]) async -> [DeliveryOutcome] {
        guard let first = messages.first else { return [] }
        do throws(UnfitValue) {
            let request = try single.writer.request(for: first, and: messages.dropFirst())
            switch await single.host.transport.perform(request) {
            case .success(let response):
                return BatchAnswer(answer: single.answer(response), batch: batch).outcomes(for: messages)
            case .failure(let failure): return messages.map { _ in single.outcome(of: failure) }
            }
        } catch {
            return messages.map { _ in .rejected(error.failure) }
        }
    }
}

extension RequestWriter {
    /// The credentials as the request carries them, which an answer could echo.
    var credentials: [Secret] {
        authorization.map { [Secret(String($0.revealed.dropFirst("Basic ".count)))] } ?? []
    }
}
