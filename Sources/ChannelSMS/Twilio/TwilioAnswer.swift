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
        fields = UntrustedJSON.decode(Fields.self, from: response.body)
    }

    var outcome: DeliveryOutcome { (200..<300).contains(response.status) ? taken : refused }

    /// Twilio answers 201 to what it took. When such an answer cannot be read, the message is taken all the same: we
    /// have no id, and the reports name the delivery. Any other 2xx without Twilio's fields did not come from Twilio
    /// (a proxy's page, say), so nothing is known.
    private var taken: DeliveryOutcome {
        if response.status == 201 || fields?.sid != nil {
            let status = fields?.status.flatMap { TwilioStatus($0)?.evidence }
            return .accepted(
                Acceptance(providerMessageID: fields?.sid, status: status, segments: fields?.segments))
        }
        return .uncertain(
            DeliveryFailure(
                .other, code: "http_\(response.status)",
                message: "HTTP \(response.status) without a message in it: is base_url Twilio's, or is a proxy between?"
            ))
    }

    private var refused: DeliveryOutcome {
        let retryAfter = response.headers["Retry-After"].flatMap(Self.delay)
        guard let code = fields?.code else { return byStatus(retryAfter) }
        if let known = TwilioErrorCode.known(code) { return known.outcome(message: message, retryAfter: retryAfter) }
        return byStatus(retryAfter)
    }

    private func byStatus(_ retryAfter: Duration?) -> DeliveryOutcome {
        switch response.status {
        case 429: .throttled(failure(.rateLimit), after: retryAfter)
        // Twilio says that it did not process what it answers with 5xx; 408 and 425 say so by definition.
        case 500..., 408, 425: .retry(failure(.transient), after: retryAfter)
        // A redirect is not followed: credentials would go where nobody configured them to go.
        case ..<400, 401, 403, 404, 405, 407: .rejected(failure(.configuration))
        case 413: .rejected(failure(.content))
        default: .rejected(failure(.other))
        }
    }

    private func failure(_ kind: DeliveryFailure.Kind) -> DeliveryFailure {
        DeliveryFailure(
            kind, code: fields?.code.map(String.init) ?? "http_\(response.status)",
            message: message ?? "HTTP \(response.status) without an explanation that can be read")
    }

    /// Twilio's own words, cut to a length for a log line.
    private var message: String? {
        guard let text = fields?.message ?? fields?.detail ?? fields?.title, !text.isEmpty else { return nil }
        let redacted = secrets.reduce(text) { $1.redacted(from: $0) }
        return redacted.count > 500 ? redacted.prefix(500) + "…" : redacted
    }

    /// Twilio documents none, but whoever stands before it may send one. Whole seconds, at most a day.
    private static func delay(_ header: String) -> Duration? {
        guard let seconds = Int(header), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }
}

extension TwilioAnswer {
    /// A message, an error of the 2010 API, or a problem by RFC 9457. A field of an unexpected type is no field.
    private struct Fields: Decodable {
        let sid, status, message, detail, title: String?
        let code: Int?
        /// Twilio does not always know yet, and says 0 then.
        let segments: Int?

        private enum Key: String, CodingKey {
            case sid, status, message, detail, title, code
            case segments = "num_segments"
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            func text(_ key: Key) -> String? { try? fields.decodeIfPresent(String.self, forKey: key) }
            sid = text(.sid).flatMap { $0.isEmpty ? nil : $0 }
            (message, detail, title) = (text(.message), text(.detail), text(.title))
            // In an error this is the HTTP status, a number.
            status = sid == nil ? nil : text(.status)
            code = (try? fields.decodeIfPresent(Int.self, forKey: .code)) ?? text(.code).flatMap { Int($0) }
            segments = text(.segments).flatMap { Int($0) }.flatMap { (1...1000).contains($0) ? $0 : nil }
        }
    }
}
