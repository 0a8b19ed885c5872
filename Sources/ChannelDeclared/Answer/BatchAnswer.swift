import ChannelSDK

/// One answer of the provider about several messages.
///
/// A message counts as taken, or as refused, only where the answer says so about that very message. Whatever else comes
/// of a request that the provider took leaves it uncertain: nothing is lost, and nothing is sent twice.
struct BatchAnswer {
    let answer: ProviderAnswer
    let batch: BatchRules

    /// One for each message, in the same order.
    func outcomes(for messages: [OutboundMessage]) -> [DeliveryOutcome] {
        guard let path = batch.results, answer.isSuccessByHTTP else {
            return messages.map { _ in answer.outcome() }
        }
        guard case .array(let results)? = answer.json?[path] else {
            return messages.map { _ in answer.outcome(elseUncertain: "no_results", "has no list of results") }
        }
        let found = batch.delivery.map { assigned(results, by: $0, to: messages) } ?? inOrder(results, messages.count)
        let repeated = repeatedIDs(in: found)
        return found.map { outcome($0, repeated) }
    }

    private func inOrder(_ results: [JSONValue], _ count: Int) -> [JSONValue?] {
        // With one too few or too many, nobody knows which is whose.
        results.count == count ? results : Array(repeating: nil, count: count)
    }

    private func assigned(
        _ results: [JSONValue], by selector: ValueSelector, to messages: [OutboundMessage]
    ) -> [JSONValue?] {
        var byDelivery: [String: [JSONValue]] = [:]
        for result in results {
            guard let delivery = answer.content(of: result).word(selector) else { continue }
            byDelivery[delivery, default: []].append(result)
        }
        return messages.map { message in
            let mine = byDelivery[message.delivery.description] ?? []
            return Set(mine).count == 1 ? mine[0] : nil
        }
    }

    /// What the provider calls two messages by names neither of them.
    private func repeatedIDs(in results: [JSONValue?]) -> Set<String> {
        let ids = results.compactMap { result in
            result.flatMap { answer.content(of: $0).word(batch.id) }
        }
        return Set(Dictionary(grouping: ids) { $0 }.filter { $0.value.count > 1 }.keys)
    }

    private func outcome(_ result: JSONValue?, _ repeatedIDs: Set<String>) -> DeliveryOutcome {
        guard let result else { return answer.uncertain("no_result", "has no result for this message") }
        let outcome = answer.outcome(of: result, by: batch)
        if case .accepted(let acceptance) = outcome, let id = acceptance.providerMessageID, repeatedIDs.contains(id) {
            return answer.uncertain("repeated_id", "gives several messages the same id")
        }
        return outcome
    }
}
