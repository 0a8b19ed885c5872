/// One value of the document, and where it stands.
///
/// A value that is used through an alias (`*name`) has the position of its anchor (`&name`), where it can be mended.
public struct YAMLNode: Sendable, Hashable {
    public enum Content: Sendable, Hashable {
        case scalar(YAMLScalar)
        case sequence([YAMLNode])
        /// In the file's order; a key that is given twice is here twice (and among the document's problems).
        case mapping([YAMLEntry])
    }

    public let content: Content
    public let start: YAMLPosition
    /// Just behind the value's last character.
    public let end: YAMLPosition

    public init(_ content: Content, start: YAMLPosition, end: YAMLPosition) {
        self.content = content
        self.start = start
        self.end = end
    }

    public var scalar: YAMLScalar? {
        if case .scalar(let scalar) = content { scalar } else { nil }
    }
}

/// Text. What it means (a number, a switch, a word) is for the reader of the key to say: YAML's own guesses, by which
/// `country: NO` is a boolean, are not made.
public struct YAMLScalar: Sendable, Hashable {
    public enum Style: Sendable, Hashable {
        case plain
        /// In single or double quotes, or a block after `|` or `>`.
        case quoted
    }

    public let text: String
    public let style: Style

    public init(text: String, style: Style) {
        self.text = text
        self.style = style
    }

    /// Nothing was written: `key:` and no more.
    public var isAbsent: Bool { style == .plain && text.isEmpty }
}

/// One key of a mapping with its value.
public struct YAMLEntry: Sendable, Hashable {
    public let key: String
    public let keyStart: YAMLPosition
    public let value: YAMLNode
    /// The key is among the document's problems: a duplicate, a merge key, or no name at all.
    public let isRefused: Bool

    public init(key: String, keyStart: YAMLPosition, value: YAMLNode, isRefused: Bool = false) {
        self.key = key
        self.keyStart = keyStart
        self.value = value
        self.isRefused = isRefused
    }
}
