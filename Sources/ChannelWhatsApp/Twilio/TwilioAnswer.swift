import ChannelSDK

/// What Twilio's answer to a send says: its error code first, the HTTP status second.
struct TwilioAnswer {
    private let response: HTTPResponse
    private let fields: Fields?
    private let secrets: [Secret]

    /// - Parameter secrets: what the request carried, and an answer could echo.
    init(_ response: HTTPResponse, secrets: [Secret]) {
        self.response = response
        self.secrets = secrets
        fields = UntrustedJSON.decode(from: response.body)
    }

    /// Twilio answers 201 to what it took. When such an answer cannot be read, the message is taken all the same: we
    /// have no id, and the reports name the delivery. Any other 2xx without Twilio's fields did not come from Twilio.
    var outcome: DeliveryOutcome {
        let answer = ProviderAnswer(
            response: response, code: fields?.code, known: fields?.code.flatMap(TwilioErrorCodes.known),
            words: fields?.words, remedy: TwilioErrorCodes.remedy, secrets: secrets)
        guard (200..<300).contains(response.status) else {
            // Twilio says that it did not process what it answers with 5xx.
            return answer.refusal { .retry($0, after: answer.retryAfter) }
        }
        guard response.status == 201 || fields?.sid != nil else {
            return answer.strangeSuccess(missing: "a message's sid")
        }
        let status = fields?.status.flatMap { TwilioStatus(rawValue: $0)?.evidence }
        return .accepted(Acceptance(providerMessageID: fields?.sid, status: status))
    }
}

extension TwilioAnswer {
    /// A message, an error of the 2010 API, or a problem by RFC 9457. A field of an unexpected type is no field.
    private struct Fields: Decodable {
        let sid, status, words: String?
        let code: Int?

        private enum Key: String, CodingKey { case sid, status, message, detail, title, code }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            sid = fields.text(.sid)
            words = fields.text(.message) ?? fields.text(.detail) ?? fields.text(.title)
            // In an error this is the HTTP status, a number.
            status = sid == nil ? nil : fields.text(.status)
            code = fields.integer(.code)
        }
    }
}
