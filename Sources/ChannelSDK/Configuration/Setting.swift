/// One key that a module reads from its `settings:` in channels.yaml. The host checks it, with line and column, before
/// the module sees anything.
public struct Setting: Sendable, Hashable {
    /// What values a setting takes.
    public enum Kind: Sendable, Hashable {
        /// Any text.
        case string
        /// Never shown; must come from `${…}`.
        case secret
        /// A whole number within the range.
        case integer(ClosedRange<Int>)
        /// `true` or `false`.
        case boolean
        /// e.g. `1500ms`, `30s`, `5m`, `2h`, `7d`.
        case duration
        /// Absolute, `http` or `https`.
        case url
        /// One of these words.
        case choice([String])
        /// Any number of texts.
        case list
    }

    /// As the file names it: lower case letters, digits and `_`.
    public let name: String
    /// What values it takes.
    public let kind: Kind
    /// Whether a file without it is refused.
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
    /// Of the kinds `string`, `url` and `choice`.
    case string(String)
    /// Of the kind `secret`.
    case secret(Secret)
    /// Of the kind `integer`, within its range.
    case integer(Int)
    /// Of the kind `boolean`.
    case boolean(Bool)
    /// Of the kind `duration`.
    case duration(Duration)
    /// Of the kind `list`.
    case list([String])
}
