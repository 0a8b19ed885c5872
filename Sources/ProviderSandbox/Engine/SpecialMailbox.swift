/// Addresses with a meaning, whatever follows the `@`: the words before it, up to a `+`.
enum SpecialMailbox: String, Sendable, CaseIterable {
    case bounced
    case bouncedLate = "bounced-late"
    case complained
    case deferred
    case dropped
    case refused
    case neverFinal = "never-final"
    case reversed
    case twice
    case unavailable
    case silent

    /// - Parameter address: with or without a name: `Ada <bounced@example.com>`.
    init?(address: some StringProtocol) {
        let start = address.lastIndex(of: "<").map { address.index(after: $0) } ?? address.startIndex
        self.init(rawValue: address[start...].prefix { $0 != "@" && $0 != "+" }.lowercased())
    }

    /// For the program's help.
    var meaning: String {
        switch self {
        case .bounced: "reported as bounced, for good"
        case .bouncedLate: "reported as delivered, then as bounced"
        case .complained: "reported as delivered, then as spam"
        case .deferred: "reported as deferred, then as delivered"
        case .dropped: "reported as dropped: on a list of addresses that get no mail"
        case .refused: "refused by the API: no address that can get mail"
        case .neverFinal: "reported as taken, and nothing more"
        case .reversed: "reported on in reversed order"
        case .twice: "every report is sent twice"
        case .unavailable: "the API always answers 503"
        case .silent: "the API takes the mail and never answers"
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
}

/// A mail provider's words for what every one of them reports.
protocol MailStatus: ProviderStatus {
    static var delivered: Self { get }
    static var bounced: Self { get }
    static var complained: Self { get }
    static var deferred: Self { get }
    /// Of a mail that is not tried, because the address is on a list.
    static var dropped: Self { get }
}

extension MessageLife {
    /// What happens to a mail.
    /// - Parameter script: of an ordinary one.
    init<Status: MailStatus>(of recipient: SpecialMailbox?, initial: Status, script: [Status]) {
        let beginning = script.prefix { !$0.isFinal }
        let reports: [Status] =
            switch recipient {
            case .bounced: beginning + [.bounced]
            case .bouncedLate: beginning + [.delivered, .bounced]
            case .complained: beginning + [.delivered, .complained]
            case .deferred: beginning + [.deferred, .delivered]
            case .dropped: [.dropped]
            case .neverFinal: Array(beginning)
            case .reversed: script.reversed()
            case .twice: script.flatMap { [$0, $0] }
            case .refused, .unavailable, .silent, nil: script
            }
        self.init(initial: initial, reports: reports)
    }
}
