import ChannelSDK

/// What an application's answer says about an event.
///
/// Only what the answer says about the event itself is final. What may be the fault of the URL, of whoever stands before
/// it or of a release that went wrong (401, 403, 404, redirects, …) is tried again: it is tried again until the event is
/// too old, and many failures open the circuit.
struct CallbackAnswer {
    private let response: HTTPResponse
    private let secrets: [Secret]

    /// No pause that is asked for is longer.
    private static let longestPause = Duration.seconds(3600)
    private static let excerptLength = 200

    static let gone = DeliveryFailure(
        .recipient, code: "gone",
        message: "the application said that the URL is gone (410): nothing is sent there until the host starts anew")

    init(_ response: HTTPResponse, hiding secrets: [Secret]) {
        self.response = response
        self.secrets = secrets
    }

    func outcome(at now: Timestamp) -> DeliveryOutcome {
        let pause = pause(from: now)
        switch response.status {
        case 200..<300: return .accepted(Acceptance(providerMessageID: nil, status: "delivered"))
        case 300..<400: return .retry(failure(.configuration, "redirects are not followed"), after: pause)
        case 410: return .rejected(Self.gone)
        case 429: return .throttled(failure(.rateLimit), after: pause)
        case 503 where pause != nil: return .throttled(failure(.transient), after: pause)
        case 401, 403, 404, 405, 407, 421: return .retry(failure(.configuration), after: pause)
        case 402, 408, 409, 423, 424, 425: return .retry(failure(.transient), after: pause)
        case 400..<500: return .rejected(failure(.content))
        default: return .retry(failure(.transient), after: pause)
        }
    }

    private func failure(_ kind: DeliveryFailure.Kind, _ remark: String? = nil) -> DeliveryFailure {
        let words = ([remark, excerpt].compactMap { $0 }).joined(separator: "; ")
        return DeliveryFailure(
            kind, code: "http_\(response.status)",
            message: "the application answered \(response.status)" + (words.isEmpty ? "" : ": \(words)"))
    }

    /// The beginning of the answer, on one line and without what could mislead a terminal or its reader.
    private var excerpt: String? {
        let text = secrets.reduce(String(decoding: response.body, as: UTF8.self)) { $1.redacted(from: $0) }
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars where scalars.count < Self.excerptLength {
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .unassigned,
                .privateUse:
                if let last = scalars.last, last != " " { scalars.append(" ") }
            default: scalars.append(scalar)
            }
        }
        if scalars.last == " " { scalars.removeLast() }
        return scalars.isEmpty ? nil : String(scalars)
    }

    /// `Retry-After`, in seconds or as a date.
    private func pause(from now: Timestamp) -> Duration? {
        guard let header = response.headers["Retry-After"] else { return nil }
        if let seconds = Int64(header) {
            return seconds < 0 ? nil : min(.seconds(min(seconds, 1 << 31)), Self.longestPause)
        }
        guard let moment = Timestamp(httpDate: header) else { return nil }
        return min(max(.zero, moment.since(now)), Self.longestPause)
    }
}
