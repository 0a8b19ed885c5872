/// One thing that every channel module must do.
public enum ConformanceCheck: String, Sendable, Hashable, CaseIterable {
    /// What the module says about itself is well-formed.
    case descriptor
    /// The status graph obeys the status law.
    case statuses
    /// Wrong settings are refused by name.
    case settings
    /// No dump shows a secret.
    case secrecy
    /// What can't be sent is refused by field.
    case contents
    /// A message becomes its request, the same each time.
    case requests
    /// Every answer has an outcome.
    case answers
    /// A busy or broken provider is neither believed nor repeated.
    case faults
    /// A message becomes its mail, the same each time.
    case submissions
    /// Every reply has an outcome.
    case replies
    /// Every webhook is read or refused, whatever its bytes.
    case webhooks
    /// Only who can sign is believed.
    case verification
    /// The same reports end in one status, in any order.
    case convergence

    /// What holds when it passes.
    public var meaning: String {
        switch self {
        case .descriptor: "name, providers and settings are well-formed"
        case .statuses: "the status graph obeys the status law"
        case .settings: "what is wrong with settings is said, and names settings that exist"
        case .secrecy: "no dump shows a secret"
        case .contents: "a request that can't be sent is refused by field"
        case .requests:
            "a message becomes the same request each time, with the delivery's id and without a secret in view"
        case .answers: "every answer has an outcome, of the graph's statuses and without a secret"
        case .faults: "a provider that is busy, broken or talks without end is neither believed nor repeated"
        case .submissions: "a message becomes the same mail each time, with the delivery's id and without a secret"
        case .replies: "every reply of a mail server has an outcome, and only a mail that was taken is accepted"
        case .webhooks: "every webhook is read or refused, the same each time, whatever its bytes"
        case .verification: "only who can sign is believed"
        case .convergence: "the same reports end in one status, whatever their order and repetition"
        }
    }
}

/// Something that a module does wrong.
public struct ConformanceFinding: Sendable, Hashable, CustomStringConvertible {
    /// What was checked.
    public let check: ConformanceCheck
    /// What is wrong, for the author; free of the settings' secrets.
    public let message: String
    /// The line of the table that shows it; nil: no line of a table does.
    public let location: CaseLocation?

    public init(_ check: ConformanceCheck, _ message: String, at location: CaseLocation?) {
        self.check = check
        self.message = message
        self.location = location
    }

    public var description: String { location.map { "\($0): \(message)" } ?? message }
}

/// The findings of one check, while it runs.
struct FindingList {
    private(set) var findings: [ConformanceFinding] = []
    private let check: ConformanceCheck
    private let secrets: [String]

    init(_ check: ConformanceCheck, hiding secrets: [String]) {
        self.check = check
        self.secrets = secrets.filter { !$0.isEmpty }
    }

    mutating func expect(_ holds: Bool, at location: CaseLocation?, _ message: @autoclosure () -> String) {
        guard !holds else { return }
        let text = secrets.reduce(message()) { $0.replacing($1, with: "•••") }
        let finding = ConformanceFinding(check, text, at: location)
        // Many damaged inputs show the same fault: once is enough.
        if !findings.contains(finding) { findings.append(finding) }
    }

    mutating func expect<Value: Equatable>(
        _ value: Value, is wanted: Value, at location: CaseLocation?, _ what: @autoclosure () -> String
    ) {
        expect(value == wanted, at: location, "\(what()) is \(Self.shown(value)), should be \(Self.shown(wanted))")
    }

    /// Long enough to see the difference, short enough for a terminal.
    private static func shown(_ value: some Any) -> String {
        let text = value is String ? "'\(value)'" : "\(value)".replacing("ChannelSDK.", with: "")
        return text.count > 2000 ? text.prefix(2000) + "…" : text
    }
}
