import ChannelSDK

/// What Kannel's answer to a send says: a line of text with a number, or without one when it refuses.
struct KannelAnswer {
    private let answer: ProviderAnswer
    /// Nil where it is not one of Kannel's.
    private let line: String?

    /// - Parameter secrets: what the request carried, and an answer could echo.
    init(_ response: HTTPResponse, secrets: [Secret]) {
        answer = ProviderAnswer(response: response, secrets: secrets)
        let text = String(decoding: response.body.prefix(500), as: UTF8.self)
        line = text.isEmpty || text.hasPrefix("<") ? nil : text.filter { !$0.isNewline }
    }

    var outcome: DeliveryOutcome {
        if (200..<300).contains(answer.response.status) {
            // 0: a carrier's connection has it; 3: it waits in Kannel's queue for one.
            let isTaken = line.map { $0.hasPrefix("0:") || $0.hasPrefix("3:") } ?? false
            return isTaken
                ? .accepted(Acceptance(providerMessageID: nil, status: .queued))
                : answer.strangeSuccess(missing: "'0: Accepted for delivery'")
        }
        guard let line, let known = Self.refusals.first(where: { line.hasPrefix($0.words) }) else {
            return answer.refusal(words: line)
        }
        return .rejected(answer.failure(known.kind, code: known.code, words: line))
    }

    /// What Kannel says for good. The rest its HTTP status tells.
    private static let refusals: [(words: String, kind: DeliveryFailure.Kind, code: String)] = [
        ("Authorization failed", .configuration, "authorization"),
        ("Not routable", .recipient, "not_routable"),
        ("Number(s) has/have been denied", .blocked, "denied"),
        ("Sender missing", .configuration, "sender"),
        // Nothing of it went out.
        ("Sending failed", .other, "failed"),
    ]
}
