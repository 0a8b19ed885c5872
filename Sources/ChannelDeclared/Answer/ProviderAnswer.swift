import ChannelSDK

/// One answer of the provider, read by the declaration's rules.
struct ProviderAnswer {
    let response: HTTPResponse
    let rules: AnswerRules
    /// What the request carried, and an answer could echo.
    let secrets: [Secret]
    let now: Timestamp
    private static let longestID = 512
    private static let longestCode = 64

    func outcome() -> DeliveryOutcome { outcome(of: SelectedContent(response), by: rules) }

    private func outcome(of content: SelectedContent, by rules: AnswerRules) -> DeliveryOutcome {
        let code = content.word(rules.code)
        let meaning = rules.meaning(code: code, status: response.status)
        let failure = DeliveryFailure(
            meaning.kind, code: code.flatMap(shortCode) ?? "http_\(response.status)",
            message: content.word(rules.words).map(readable) ?? "HTTP \(response.status)")
        switch meaning {
        case .accepted: return acceptance(content, rules)
        case .retry: return .retry(failure, after: retryAfter(content))
        case .throttled: return .throttled(failure, after: retryAfter(content))
        case .uncertain: return .uncertain(failure)
        case .rejected, .recipient, .optedOut, .blocked, .content, .configuration: return .rejected(failure)
        }
    }

    private func acceptance(_ content: SelectedContent, _ rules: AnswerRules) -> DeliveryOutcome {
        let id = content.word(rules.id).flatMap { $0.utf8.count <= Self.longestID ? $0 : nil }
        guard id != nil || rules.id == nil else {
            let message =
                "HTTP \(response.status) without the message's id: is this the provider's address, or a proxy's?"
            return .uncertain(DeliveryFailure(.other, code: "http_\(response.status)", message: message))
        }
        return .accepted(Acceptance(providerMessageID: id, status: rules.status))
    }

    /// Whole seconds or a fraction, or the date until which it wants to be left alone; at most a day.
    private func retryAfter(_ content: SelectedContent) -> Duration? {
        let text = content.word(rules.retryAfter) ?? content.word(.header("Retry-After"))
        guard let text else { return nil }
        if let until = Timestamp(httpDate: text) { return min(max(.zero, until.since(now)), .seconds(86_400)) }
        guard let seconds = Double(text), seconds >= 0 else { return nil }
        return .milliseconds(Int64((min(seconds, 86_400) * 1000).rounded(.up)))
    }

    /// What is longer is no code, but a page of somebody else's.
    private func shortCode(_ code: String) -> String? {
        code.utf8.count <= Self.longestCode ? readable(code) : nil
    }

    /// Without secrets, however they are spelt, and cut to a length for a log line.
    private func readable(_ words: String) -> String {
        let redacted = secrets.reduce(words) { text, secret in
            let encoded = Secret(FormEncoding.percentEncode(secret.revealed))
            return encoded.redacted(from: secret.redacted(from: text))
        }
        return redacted.count > 500 ? redacted.prefix(500) + "…" : redacted
    }
}

// MARK: About several messages

extension ProviderAnswer {
    /// By its HTTP status alone: what a code means is the results' to say.
    var isSuccessByHTTP: Bool { rules.meaning(code: nil, status: response.status) == .accepted }

    var json: JSONValue? { JSONValue(response.body) }

    /// One result of the answer's list; the headers are those of the answer.
    func content(of result: JSONValue) -> SelectedContent {
        var content = SelectedContent()
        content.json = result
        content.headers = response.headers
        return content
    }

    func outcome(of result: JSONValue, by batch: BatchRules) -> DeliveryOutcome {
        var rules = rules
        (rules.id, rules.code, rules.words) = (batch.id, batch.code, batch.words)
        return outcome(of: content(of: result), by: rules)
    }

    /// The answer's outcome where it is that of a failure; a success says too little.
    func outcome(elseUncertain code: String, _ flaw: String) -> DeliveryOutcome {
        if case .accepted = outcome() { uncertain(code, flaw) } else { outcome() }
    }

    func uncertain(_ code: String, _ flaw: String) -> DeliveryOutcome {
        .uncertain(DeliveryFailure(.other, code: code, message: "the answer, HTTP \(response.status), \(flaw)"))
    }
}
