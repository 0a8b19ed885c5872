import ChannelSDK

/// What Plivo's answer to a send says. It has no error codes here, only words, so the HTTP status decides; codes come in
/// the callbacks.
struct PlivoAnswer {
    private let answer: ProviderAnswer
    private let fields: Fields?

    /// - Parameter secrets: what the request carried, and an answer could echo.
    init(_ response: HTTPResponse, secrets: [Secret]) {
        answer = ProviderAnswer(response: response, secrets: secrets)
        fields = UntrustedJSON.decode(Fields.self, from: response.body)
    }

    /// Says nothing of segments: how many there are, each callback says, and Plivo may cut otherwise than we would.
    var outcome: DeliveryOutcome {
        guard (200..<300).contains(answer.response.status) else { return answer.refusal(words: fields?.error) }
        if let id = fields?.ids.first { return .accepted(Acceptance(providerMessageID: id, status: .queued)) }
        if fields?.hasInvalidNumber == true {
            return .rejected(
                answer.failure(
                    .recipient, code: "invalid_number", words: fields?.error ?? "Plivo says the number is not valid"))
        }
        // Plivo answers 202 to what it took. When such an answer cannot be read, the message is taken all the same: we
        // have no id, and the reports name the delivery.
        if answer.response.status == 202 {
            return .accepted(Acceptance(providerMessageID: nil, status: .queued))
        }
        return answer.strangeSuccess(missing: "message_uuid")
    }
}

extension PlivoAnswer {
    private struct Fields: Decodable {
        let ids: [String]
        let hasInvalidNumber: Bool
        let error: String?

        private enum Key: String, CodingKey { case message_uuid, invalid_number, error }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            ids = fields.texts(.message_uuid)
            hasInvalidNumber = !fields.texts(.invalid_number).isEmpty
            error = fields.text(.error)
        }
    }
}
