import ChannelSDK

/// What the SMS API's answer to a send says. It is HTTP 200 for refusals too: the status of each segment decides, and
/// the HTTP status only where there is none.
struct VonageSMSAnswer {
    private let answer: ProviderAnswer
    private let segments: [Segment]

    /// - Parameter secrets: what the request carried, and an answer could echo.
    init(_ response: HTTPResponse, secrets: [Secret]) {
        answer = ProviderAnswer(response: response, secrets: secrets)
        segments = UntrustedJSON.decode(Fields.self, from: response.body)?.messages ?? []
    }

    /// - Parameter count: of the segments that were sent, and are reported on by themselves when there are several.
    func outcome(segments count: Int) -> DeliveryOutcome {
        guard let first = segments.first else {
            guard (200..<300).contains(answer.response.status) else { return answer.refusal(words: nil) }
            return answer.strangeSuccess(missing: "messages")
        }
        guard segments.contains(where: \.isTaken) else { return refused(first) }
        return .accepted(taken(inParts: count > 1))
    }

    /// Of a message that Vonage took in part, nothing is sent a second time: the segment that it refused stays without a
    /// receipt, so that the whole never counts as delivered.
    private func taken(inParts: Bool) -> Acceptance {
        let id = segments.first { $0.isTaken && $0.id != nil }?.id
        guard segments.allSatisfy(\.isTaken) else {
            let parts = segments.enumerated().map { number, one in
                (one.isTaken ? one.id : nil) ?? "\(id ?? "refused")/\(number + 1)"
            }
            return Acceptance(
                providerMessageID: id, status: .failed, parts: inParts ? parts : [], segments: segments.count)
        }
        return Acceptance(
            providerMessageID: id, status: .queued, parts: inParts ? segments.compactMap(\.id) : [],
            segments: segments.count)
    }

    private func refused(_ segment: Segment) -> DeliveryOutcome {
        guard let code = segment.status else { return answer.strangeSuccess(missing: "a status") }
        let known = VonageSMSErrorCode.known(code)
        let failure = answer.failure(known?.kind ?? .other, code: code, words: segment.error ?? known?.title)
        return switch failure.kind {
        case .rateLimit: .throttled(failure, after: answer.retryAfter)
        case .transient: .retry(failure, after: answer.retryAfter)
        default: .rejected(failure)
        }
    }
}

extension VonageSMSAnswer {
    private struct Fields: Decodable {
        let messages: [Segment]
    }

    private struct Segment: Decodable {
        /// Vonage's number as a text; `0` is success.
        let status: String?
        let id: String?
        let error: String?

        var isTaken: Bool { status == "0" }

        private enum Key: String, CodingKey {
            case status
            case id = "message-id"
            case error = "error-text"
        }

        init(from decoder: any Decoder) throws {
            let fields = try decoder.container(keyedBy: Key.self)
            status = fields.text(.status) ?? (try? fields.decodeIfPresent(Int.self, forKey: .status)).map { String($0) }
            (id, error) = (fields.text(.id), fields.text(.error))
        }
    }
}
