import ChannelSDK

/// What the Messages API's answer to a send says: its error code first, the HTTP status second.
struct VonageMessagesAnswer {
    private let answer: ProviderAnswer

    /// - Parameter secrets: what the request carried, and an answer could echo.
    init(_ response: HTTPResponse, secrets: [Secret]) {
        answer = ProviderAnswer(response: response, secrets: secrets)
    }

    var outcome: DeliveryOutcome {
        (200..<300).contains(answer.response.status) ? taken : refused
    }

    /// Vonage answers 202 to what it took. When such an answer cannot be read, the message is taken all the same: we
    /// have no id, and the reports name the delivery.
    private var taken: DeliveryOutcome {
        let id = UntrustedJSON.decode(Taken.self, from: answer.response.body)?.id
        guard id != nil || answer.response.status == 202 else {
            return answer.strangeSuccess(missing: "message_uuid")
        }
        return .accepted(Acceptance(providerMessageID: id, status: .queued))
    }

    private var refused: DeliveryOutcome {
        let problem = UntrustedJSON.decode(VonageProblem.self, from: answer.response.body)
        guard let code = problem?.code, let known = VonageMessagesErrorCode.kind(code) else {
            return answer.refusal(code: problem?.code, words: problem?.words)
        }
        let failure = answer.failure(known, code: code, words: problem?.words)
        return switch known {
        case .rateLimit: .throttled(failure, after: answer.retryAfter)
        case .transient: .retry(failure, after: answer.retryAfter)
        default: .rejected(failure)
        }
    }

    private struct Taken: Decodable {
        let id: String?

        private enum Key: String, CodingKey { case message_uuid }

        init(from decoder: any Decoder) throws { id = try decoder.container(keyedBy: Key.self).text(.message_uuid) }
    }
}
