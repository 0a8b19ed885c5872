/// Numbers with a meaning: +1 500 556 0001 and its neighbours, which are nobody's.
enum SpecialNumber: String, Sendable, CaseIterable {
    case unreachable = "+15005560001"
    case filtered = "+15005560002"
    case notMobile = "+15005560003"
    case optedOut = "+15005560004"
    case neverFinal = "+15005560005"
    case reversed = "+15005560006"
    case twice = "+15005560007"
    case unavailable = "+15005560008"
    case silent = "+15005560009"
    case windowClosed = "+15005560010"
    case windowClosedLater = "+15005560011"

    /// - Parameter digits: with or without a plus or another prefix of calls abroad.
    init?(digits: some StringProtocol) {
        self.init(rawValue: "+" + digits.drop { $0 == "+" || $0 == "0" })
    }

    /// For the program's help.
    var meaning: String {
        switch self {
        case .unreachable: "reported as not delivered: the handset is unreachable"
        case .filtered: "reported as failed: filtered on the way"
        case .notMobile: "refused by the API: no number that can get messages"
        case .optedOut: "refused by the API where it knows such: the recipient unsubscribed; else reported as failed"
        case .neverFinal: "reported as sent, and nothing more"
        case .reversed: "reported on in reversed order"
        case .twice: "every report is sent twice"
        case .unavailable: "the API always answers 503"
        case .silent: "the API takes the message and never answers"
        case .windowClosed: "WhatsApp: what is no template is refused by the API, 24 hours are over"
        case .windowClosedLater: "WhatsApp: what is no template is reported as failed, 24 hours are over"
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

    /// What happens to the order of the reports; nil for numbers whose reports are others.
    func arrange<Status: ProviderStatus>(_ script: [Status]) -> [Status]? {
        switch self {
        case .neverFinal: Array(script.prefix { !$0.isFinal })
        case .reversed: script.reversed()
        case .twice: script.flatMap { [$0, $0] }
        default: nil
        }
    }
}
