import ChannelSDK

/// JSON whose strings are templates. A value cannot break out of its string, whatever is in it.
public indirect enum JSONTemplate: Sendable, Hashable {
    public struct Member: Sendable, Hashable {
        public let name: String
        public let value: JSONTemplate

        public init(name: String, value: JSONTemplate) {
            self.name = name
            self.value = value
        }
    }

    /// A number, `true`, `false` or `null`, as it is written.
    case literal(String)
    /// A string; alone, the placeholder of a setting that is a number, a truth value or a list stays one.
    case text(TextTemplate)
    case array([JSONTemplate])
    /// In the author's order.
    case object([Member])
    /// The list of a batch's messages.
    case messages

    /// As it is written.
    public static let messagesPlaceholder = "{{messages}}"

    var templates: [TextTemplate] {
        switch self {
        case .literal, .messages: []
        case .text(let template): [template]
        case .array(let items): items.flatMap(\.templates)
        case .object(let members): members.flatMap(\.value.templates)
        }
    }

    /// How often the list of messages stands in it.
    public var messageLists: Int {
        switch self {
        case .literal, .text: 0
        case .messages: 1
        case .array(let items): items.reduce(0) { $0 + $1.messageLists }
        case .object(let members): members.reduce(0) { $0 + $1.value.messageLists }
        }
    }

    /// Nil when a placeholder in a string has no value: then its member, or its item, is left out.
    func json(_ values: MessageValues) -> String? {
        switch self {
        case .literal(let text): return text
        case .text(let template):
            if case .setting(let name)? = template.only { return values.settings.json(of: name) }
            return template.text(values).map(JSONValue.quoted)
        case .messages: return "[" + values.items.joined(separator: ",") + "]"
        case .array(let items):
            return "[" + items.compactMap { $0.json(values) }.joined(separator: ",") + "]"
        case .object(let members):
            let written = members.compactMap { member in
                member.value.json(values).map { "\(JSONValue.quoted(member.name)):\($0)" }
            }
            return "{" + written.joined(separator: ",") + "}"
        }
    }
}
