import ChannelSDK

/// What is alike in every mail provider's answer: which HTTP status means what, where there is no code that says more,
/// and how words of the provider become part of an error.
struct ProviderAnswer {
    let response: HTTPResponse
    let json: JSONValue?
    /// What the request carried, and an answer could echo.
    private let secrets: [Secret]
    /// The provider drops repeats, so that an attempt whose outcome is not known is simply tried again.
    private let isIdempotent: Bool

    init(_ response: HTTPResponse, secrets: [Secret], isIdempotent: Bool = false) {
        self.response = response
        self.secrets = secrets
        self.isIdempotent = isIdempotent
        json = JSONValue(response.body)
    }

    var isSuccess: Bool { (200..<300).contains(response.status) }

    /// In seconds, at most a day.
    var retryAfter: Duration? {
        guard let seconds = response.headers["Retry-After"].flatMap({ Int($0) }), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }

    /// Success without the provider's fields did not come from the provider: nobody knows whether it was asked.
    var foreign: DeliveryOutcome {
        .uncertain(
            DeliveryFailure(
                .other, code: "http_\(response.status)",
                message:
                    "HTTP \(response.status) without a message id: is base_url the provider's, or is a proxy between?"))
    }

    /// The outcome that `kind` asks for.
    func outcome(
        _ kind: DeliveryFailure.Kind, code: String? = nil, message: String?, after: Duration? = nil
    ) -> DeliveryOutcome {
        let failure = DeliveryFailure(
            kind, code: redacted(code ?? "http_\(response.status)"),
            message: message.map(redacted) ?? "HTTP \(response.status) without an explanation that can be read")
        return switch kind {
        case .rateLimit: .throttled(failure, after: after ?? retryAfter)
        case .transient: .retry(failure, after: after ?? retryAfter)
        default: .rejected(failure)
        }
    }

    /// For answers whose code says nothing, or that have none.
    func outcomeByStatus(code: String? = nil, message: String?, after: Duration? = nil) -> DeliveryOutcome {
        switch response.status {
        case 429: outcome(.rateLimit, code: code, message: message, after: after)
        // Whoever stands before the provider answers so when the provider itself did not: it may have taken the mail.
        case 502 where !isIdempotent, 504 where !isIdempotent:
            .uncertain(DeliveryFailure(.transient, code: "http_\(response.status)", message: "the gateway gave up"))
        case 500..., 408, 425: outcome(.transient, code: code, message: message)
        // A redirect is not followed: credentials would go where nobody configured them to go.
        case ..<400, 401, 402, 403, 404, 405, 407: outcome(.configuration, code: code, message: message)
        case 413: outcome(.content, code: code, message: message)
        default: outcome(.other, code: code, message: message)
        }
    }

    /// Without secrets, cut to a length for a log line.
    private func redacted(_ text: String) -> String {
        let text = secrets.reduce(text) { $1.redacted(from: $0) }
        return text.count > 500 ? text.prefix(500) + "…" : text
    }
}
