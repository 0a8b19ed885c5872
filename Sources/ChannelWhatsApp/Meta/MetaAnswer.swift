import ChannelSDK

/// What the Graph API's answer to a send says: its error code first, the HTTP status second.
struct MetaAnswer {
    private let response: HTTPResponse
    private let fields: Fields?
    private let secrets: [Secret]

    /// - Parameter secrets: what the answer could echo.
    init(_ response: HTTPResponse, secrets: [Secret]) {
        self.response = response
        self.secrets = secrets
        fields = UntrustedJSON.decode(from: response.body)
    }

    var outcome: DeliveryOutcome {
        let error = fields?.error
        let answer = ProviderAnswer(
            response: response, code: error?.code, known: error?.code.flatMap(MetaErrorCodes.known),
            words: error?.words, remedy: MetaErrorCodes.remedy, secrets: secrets)
        guard (200..<300).contains(response.status) else {
            // An error in Meta's own words says that the message was not taken. A bare one (of a gateway that waited too
            // long, say) says nothing.
            return answer.refusal { error == nil ? .uncertain($0) : .retry($0, after: answer.retryAfter) }
        }
        guard let id = fields?.messageID else { return answer.strangeSuccess(missing: "a message's id") }
        return .accepted(Acceptance(providerMessageID: id))
    }
}

extension MetaAnswer {
    private struct Fields: Decodable {
        let messageID: String?
        let error: MetaError?

        private enum Key: String, CodingKey { case messages, error }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            messageID = fields.list(.messages, of: Message.self)?.first??.id
            error = fields.object(.error)
        }
    }

    private struct Message: Decodable {
        let id: String?

        private enum Key: String, CodingKey { case id }

        init(from decoder: any Decoder) throws { id = try decoder.container(keyedBy: Key.self).text(.id) }
    }
}

/// An error as Meta writes it, in an answer and in a status report.
struct MetaError: Decodable {
    let code: Int?
    /// What Meta says about it, shortest first.
    let words: String?

    private enum Key: String, CodingKey { case code, title, message, error_data, details }

    init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: Key.self)
        code = fields.integer(.code)
        let summary = fields.text(.message) ?? fields.text(.title)
        let data = try? fields.nestedContainer(keyedBy: Key.self, forKey: .error_data)
        let details = data?.text(.details)
        let words = [summary, details == summary ? nil : details].compactMap(\.self)
        self.words = words.isEmpty ? nil : words.joined(separator: ": ")
    }
}
