import ChannelSDK

/// An HTTP answer and the error that the provider put into it, read as an outcome: by the provider's code where that is
/// known, else by the HTTP status.
struct ProviderAnswer {
    let response: HTTPResponse
    /// The provider's code; nil when the answer has none that can be read.
    let code: Int?
    /// `code` in the provider's table.
    let known: ErrorCode?
    /// The provider's words, if it gave any.
    let words: String?
    /// What to do about a closed window.
    let remedy: String
    /// What the request carried, and an answer could echo.
    let secrets: [Secret]

    /// - Parameter afterFault: what a 5xx means that is neither a known error nor says "not now".
    func refusal(afterFault: (DeliveryFailure) -> DeliveryOutcome) -> DeliveryOutcome {
        if let known {
            let message = known.explanation(readableWords, remedy: remedy)
            return known.group.outcome(
                DeliveryFailure(known.group.failureKind, code: String(known.code), message: message),
                retryAfter: retryAfter)
        }
        switch response.status {
        case 429: return .throttled(failure(.rateLimit), after: retryAfter)
        // Not processed, by definition.
        case 503, 408, 425: return .retry(failure(.transient), after: retryAfter)
        case 500...: return afterFault(failure(.transient))
        // A redirect is not followed: credentials would go where nobody configured them to go.
        case ..<400, 401, 403, 404, 405, 407: return .rejected(failure(.configuration))
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

    /// Whoever stands before a provider may send one. Whole seconds, at most a day.
    var retryAfter: Duration? {
        guard let header = response.headers["Retry-After"], let seconds = Int(header), seconds >= 0 else { return nil }
        return .seconds(min(seconds, 86_400))
    }

    private func failure(_ kind: DeliveryFailure.Kind) -> DeliveryFailure {
        DeliveryFailure(
            kind, code: code.map(String.init) ?? "http_\(response.status)",
            message: readableWords ?? "HTTP \(response.status) without an explanation that can be read")
    }

    /// Without secrets, cut to a length for a log line.
    private var readableWords: String? {
        guard let words, !words.isEmpty else { return nil }
        let redacted = secrets.reduce(words) { $1.redacted(from: $0) }
        return redacted.count > 500 ? redacted.prefix(500) + "…" : redacted
    }
}
