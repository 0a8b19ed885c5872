/// The checked settings of one channel instance, defaults filled in.
public struct ChannelConfiguration: Sendable, Hashable {
    /// One of the descriptor's providers.
    public let provider: String
    private let values: [String: SettingValue]

    public init(provider: String, values: [String: SettingValue]) {
        self.provider = provider
        self.values = values
    }

    /// The text of a setting of the kinds `string`, `url` and `choice`; nil when it is not set.
    public func string(_ name: String) -> String? {
        if case .string(let value)? = values[name] { value } else { nil }
    }

    /// Nil when it is not set.
    public func secret(_ name: String) -> Secret? {
        if case .secret(let value)? = values[name] { value } else { nil }
    }

    /// Nil when it is not set.
    public func integer(_ name: String) -> Int? {
        if case .integer(let value)? = values[name] { value } else { nil }
    }

    /// Nil when it is not set.
    public func boolean(_ name: String) -> Bool? {
        if case .boolean(let value)? = values[name] { value } else { nil }
    }

    /// Nil when it is not set.
    public func duration(_ name: String) -> Duration? {
        if case .duration(let value)? = values[name] { value } else { nil }
    }

    /// The texts of a list; nil when it is not set.
    public func list(_ name: String) -> [String]? {
        if case .list(let value)? = values[name] { value } else { nil }
    }

    /// A setting that the descriptor declares as required.
    /// - Throws: a problem at `name`, should it be missing all the same.
    public func required<Value>(_ value: Value?, _ name: String) throws(ConfigurationProblems) -> Value {
        guard let value else { throw ConfigurationProblems([.init(setting: name, message: "is required")]) }
        return value
    }
}

/// Everything that a module finds wrong with its settings, beyond what their kinds say. The host adds file, line and
/// column.
public struct ConfigurationProblems: Error, Sendable, Hashable {
    /// One thing that is wrong with one setting.
    public struct Problem: Sendable, Hashable {
        /// The setting's name, by which the host finds the line.
        public let setting: String
        /// What is wrong and what to do; continues "setting 'x' …".
        public let message: String

        public init(setting: String, message: String) {
            self.setting = setting
            self.message = message
        }
    }

    /// All of them at once, never only the first.
    public let problems: [Problem]

    public init(_ problems: [Problem]) { self.problems = problems }
}
