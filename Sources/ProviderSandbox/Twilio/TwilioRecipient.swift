/// Recipients with a meaning: +1 500 556 0001 and its neighbours, which are nobody's number.
enum TwilioRecipient: String, Sendable, CaseIterable {
    case unreachable = "+15005560001"
    case filtered = "+15005560002"
    case notMobile = "+15005560003"
    case optedOut = "+15005560004"
    case neverFinal = "+15005560005"
    case reversed = "+15005560006"
    case twice = "+15005560007"
    case unavailable = "+15005560008"
    case silent = "+15005560009"

    /// For the program's help.
    var meaning: String {
        switch self {
        case .unreachable: "reported sent, then undelivered 30003 (unreachable handset)"
        case .filtered: "reported failed 30007 (filtered by the carrier)"
        case .notMobile: "refused by the API: 400, code 21614 (not a mobile number)"
        case .optedOut: "refused by the API: 400, code 21610 (the recipient unsubscribed)"
        case .neverFinal: "reported sent, and nothing more"
        case .reversed: "reported delivered, then sent"
        case .twice: "every report is sent twice"
        case .unavailable: "the API always answers 503"
        case .silent: "the API takes the message and never answers"
        }
    }

    var error: TwilioError? {
        switch self {
        case .notMobile: .notMobile(rawValue)
        case .optedOut: .unsubscribed
        default: nil
        }
    }

    /// What happens to the request, whatever the knobs say.
    var fate: RequestFate? {
        switch self {
        case .unavailable: .refused(status: 503)
        case .silent: .hung(taken: true)
        default: nil
        }
    }

    /// What happens to the message, where that is not the ordinary script.
    func life(initial: TwilioStatus, script: [TwilioStatus]) -> MessageLife {
        switch self {
        case .unreachable: MessageLife(initial: initial, reports: [.sent, .undelivered], errorCode: 30003)
        case .filtered: MessageLife(initial: initial, reports: [.failed], errorCode: 30007)
        case .neverFinal: MessageLife(initial: initial, reports: [.sent])
        case .reversed: MessageLife(initial: initial, reports: [.delivered, .sent])
        case .twice: MessageLife(initial: initial, reports: script.flatMap { [$0, $0] })
        case .notMobile, .optedOut, .unavailable, .silent: MessageLife(initial: initial, reports: script)
        }
    }
}
