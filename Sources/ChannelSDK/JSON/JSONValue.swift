/// Any JSON, read with tolerance: what is not where it was expected is nil, and no error. Written in one way, with its keys in
/// order, so that the same value has the same bytes.
///
/// For answers and webhooks of which a channel reads a few fields; where they have a shape to rely on, a `Decodable` type and
/// ``UntrustedJSON`` do as well.
public enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// As it is written, so that an id of any length stays what it was.
    case number(String)
    case string(String)
    case array([JSONValue])
    /// Of two members with one name, the later.
    case object([String: JSONValue])

    /// Nil when the bytes are not JSON (RFC 8259) in UTF-8, or deeper than 64 levels.
    public init?(_ bytes: some Sequence<UInt8>) {
        var reader = JSONReader(Array(bytes))
        guard let value = reader.whole() else { return nil }
        self = value
    }

    /// The member of an object.
    public subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    /// The value that a JSON pointer (RFC 6901) leads to, its parts unescaped.
    public subscript(path: [String]) -> JSONValue? {
        var value = self
        for part in path {
            switch value {
            case .object(let members):
                guard let member = members[part] else { return nil }
                value = member
            case .array(let items):
                guard let index = Self.index(part), items.indices.contains(index) else { return nil }
                value = items[index]
            default: return nil
            }
        }
        return value
    }

    /// Digits, of which the first is 0 only where it is the only one: neither `-` nor `+1` nor `01`.
    private static func index(_ part: String) -> Int? {
        guard part.utf8.allSatisfy({ (48...57).contains($0) }), part == "0" || !part.hasPrefix("0") else { return nil }
        return Int(part)
    }

    /// What a string says; nil for an empty one, and for all else.
    public var text: String? {
        if case .string(let text) = self, !text.isEmpty { text } else { nil }
    }

    /// What a string or a number says, as text; nil for an empty string, and for all else.
    public var word: String? {
        if case .number(let text) = self { text } else { text }
    }

    /// A whole number, also one in a string.
    public var int: Int64? { word.flatMap { Int64($0) } }

    /// The items of an array.
    public var elements: [JSONValue]? {
        if case .array(let elements) = self { elements } else { nil }
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
    public init(stringLiteral text: String) { self = .string(text) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral members: (String, JSONValue)...) {
        self = .object(Dictionary(members) { _, last in last })
    }
}

// MARK: Writing

extension JSONValue {
    /// In UTF-8, without spaces, each object's members in the order of their names.
    public var bytes: [UInt8] {
        var text = ""
        write(to: &text)
        return Array(text.utf8)
    }

    private func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .boolean(let value): text += value ? "true" : "false"
        case .number(let number): text += number
        case .string(let string): text += Self.quoted(string)
        case .array(let items):
            text += "["
            for (index, item) in items.enumerated() {
                if index > 0 { text += "," }
                item.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.sorted(by: { $0.key < $1.key }).enumerated() {
                text += (index > 0 ? "," : "") + Self.quoted(member.key) + ":"
                member.value.write(to: &text)
            }
            text += "}"
        }
    }

    /// `text` as JSON writes a string, with the quotes.
    public static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            case _ where scalar.value < 0x20 || scalar.value == 0x7F: quoted += escape(scalar.value)
            // Ends a line in JavaScript, but not in JSON.
            case "\u{2028}", "\u{2029}": quoted += escape(scalar.value)
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }

    private static func escape(_ value: UInt32) -> String {
        let digits = String(value, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
