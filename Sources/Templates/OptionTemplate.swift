/// An option of a channel: a text, or texts in a list or by names, which become JSON: there a value can't break out of
/// its place.
public enum OptionTemplate: Sendable {
    case text(TextTemplate)
    case list([TextTemplate])
    case members([(name: String, text: TextTemplate)])

    public var texts: [TextTemplate] {
        switch self {
        case .text(let text): [text]
        case .list(let texts): texts
        case .members(let members): members.map(\.text)
        }
    }

    /// - Returns: nil when the text would be longer than `limit` bytes.
    func render(_ variables: [String: String], limit: Int) -> String? {
        switch self {
        case .text(let text): return text.render(variables, limit: limit)
        case .list(let texts):
            return joined(texts.map { $0.render(variables, limit: limit)?.jsonLiteral }, "[", "]", limit: limit)
        case .members(let members):
            let parts = members.map { member in
                member.text.render(variables, limit: limit).map { "\(member.name.jsonLiteral):\($0.jsonLiteral)" }
            }
            return joined(parts, "{", "}", limit: limit)
        }
    }

    private func joined(_ parts: [String?], _ start: String, _ end: String, limit: Int) -> String? {
        let known = parts.compactMap(\.self)
        guard known.count == parts.count else { return nil }
        let text = start + known.joined(separator: ",") + end
        return text.utf8.count <= limit ? text : nil
    }
}

extension String {
    /// With its quotation marks, as RFC 8259 has it.
    fileprivate var jsonLiteral: String {
        var literal = "\""
        for scalar in unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                literal += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "\""
    }
}
