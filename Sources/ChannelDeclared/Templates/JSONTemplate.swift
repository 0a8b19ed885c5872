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

    var templates: [TextTemplate] {
        switch self {
        case .literal: []
        case .text(let template): [template]
        case .array(let items): items.flatMap(\.templates)
        case .object(let members): members.flatMap(\.value.templates)
        }
    }

    /// Nil when a placeholder in a string has no value: then its member, or its item, is left out.
    func json(_ values: MessageValues) -> String? {
        switch self {
        case .literal(let text): return text
        case .text(let template):
            if case .setting(let name)? = template.only { return values.settings.json(of: name) }
            return template.text(values).map(JSONText.quoted)
        case .array(let items):
            return "[" + items.compactMap { $0.json(values) }.joined(separator: ",") + "]"
        case .object(let members):
            let written = members.compactMap { member in
                member.value.json(values).map { "\(JSONText.quoted(member.name)):\($0)" }
            }
            return "{" + written.joined(separator: ",") + "}"
        }
    }
}
