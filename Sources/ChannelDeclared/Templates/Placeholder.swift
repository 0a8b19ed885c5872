/// What a template names between `{{` and `}}`.
public enum Placeholder: Sendable, Hashable {
    /// The recipient.
    case to
    /// The recipient without a `+` at its beginning.
    case toDigits
    case body
    case subject
    /// The delivery's id: the same for each attempt.
    case delivery
    case account
    /// Where the provider should report.
    case webhookURL
    case setting(String)
    case option(String)

    /// Those that are one word.
    public static let plain: [Placeholder] = [.to, .toDigits, .body, .subject, .delivery, .account, .webhookURL]

    /// Nil for a name that means nothing.
    public init?(_ name: some StringProtocol) {
        if let plain = Self.plain.first(where: { $0.name == name }) {
            self = plain
            return
        }
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, Self.isName(parts[1]) else { return nil }
        switch parts[0] {
        case "settings": self = .setting(String(parts[1]))
        case "options": self = .option(String(parts[1]))
        default: return nil
        }
    }

    /// As a template writes it.
    public var name: String {
        switch self {
        case .to: "to"
        case .toDigits: "to_digits"
        case .body: "body"
        case .subject: "subject"
        case .delivery: "delivery"
        case .account: "account"
        case .webhookURL: "webhook_url"
        case .setting(let name): "settings.\(name)"
        case .option(let name): "options.\(name)"
        }
    }

    /// The field of the request that an application would have to change.
    var field: String {
        switch self {
        case .to, .toDigits: "to"
        default: name
        }
    }

    /// Unlike a setting, it may say something else in each message, and an application answers for it.
    public var isOfMessage: Bool {
        if case .setting = self { false } else { true }
    }

    private static func isName(_ text: some StringProtocol) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (97...122).contains($0 | 0x20) || (48...57).contains($0) || $0 == 95 || $0 == 45
            }
    }
}
