import ChannelSDK

/// What an HTTP answer says where the provider's own error codes do not: the same for every provider that has no
/// better rule of its own.
struct ProviderAnswer {
    let response: HTTPResponse
    /// What the request carried, and an answer could echo.
    let secrets: [Secret]

    /// A refusal by its HTTP status.
    /// - Parameters:
    ///   - code: the provider's; nil when it gave none.
    ///   - words: the provider's; nil when it gave none.
    func refusal(code: String? = nil, words: String?) -> DeliveryOutcome {
        func failure(_ kind: DeliveryFailure.Kind) -> DeliveryFailure {
            self.failure(kind, code: code ?? "http_\(response.status)", words: words)
        }
        switch response.status {
        case 429: return .throttled(failure(.rateLimit), after: retryAfter)
        // Not processed, by definition.
        case 503, 408, 425: return .retry(failure(.transient), after: retryAfter)
        // Whether the message was taken before the fault, nobody says.
        case 500...: return .uncertain(failure(.transient))
        // A redirect is not followed: credentials would go where nobody configured them to go.
        case ..<400, 401, 402, 403, 404, 405, 407: return .rejected(failure(.configuration))
        case 413: return .rejected(failure(.content))
        default: return .rejected(failure(.other))
        }
    }

    /// A success that the provider did not write (a proxy's page, say): nothing is known.
    func strangeSuccess(missing: String) -> DeliveryOutcome {
        .uncertain(
            DeliveryFailure(
                .other, code: "http_\(response.status)",
                message: "HTTP \(response.status) without \(missing) in it: is base_url the provider's, or is a proxy "
                    + "between?"))
    }

    func failure(_ kind: DeliveryFailure.Kind, code: String, words: String?) -> DeliveryFailure {
        DeliveryFailure(
            kind, code: readable(code) ?? "http_\(response.status)",
            message: readable(words) ?? "HTTP \(response.status) without an explanation that can be read")
    }

    /// Whoever stands before a provider may send one. Whole seconds, at most a day.
    var retryAfter: Duration? {
        guard let header = response.headers["Retry-After"], let seconds = Int(header), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }

    /// Without secrets, cut to a length for a log line.
    private func readable(_ words: String?) -> String? {
        guard let words, !words.isEmpty else { return nil }
        let redacted = secrets.reduce(words) { $1.redacted(from: $0) }
        return redacted.count > 500 ? redacted.prefix(500) + "…" : redacted
    }
}
