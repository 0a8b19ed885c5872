/// One key that a module reads from its `settings:` in channels.yaml. The host checks it, with line and column, before
/// the module sees anything.
public struct Setting: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
        case string
        /// Never shown; must come from `${…}`.
        case secret
        case integer(ClosedRange<Int>)
        case boolean
        /// e.g. `1500ms`, `30s`, `5m`, `2h`, `7d`.
        case duration
        /// Absolute, `http` or `https`.
        case url
        case choice([String])
        case list
    }

    public let name: String
    public let kind: Kind
    public let isRequired: Bool
    /// As it would be written in the file; nil: the module decides.
    public let defaultValue: String?
    /// One sentence for the operator.
    public let help: String

    public init(_ name: String, _ kind: Kind, required: Bool = false, default defaultValue: String? = nil, help: String)
    {
        self.name = name
        self.kind = kind
        self.isRequired = required
        self.defaultValue = defaultValue
        self.help = help
    }
}

/// A setting's checked value.
public enum SettingValue: Sendable, Hashable {
    case string(String)
    case secret(Secret)
    case integer(Int)
    case boolean(Bool)
    case duration(Duration)
    case list([String])
}
