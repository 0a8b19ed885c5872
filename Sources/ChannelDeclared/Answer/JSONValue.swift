import ChannelSDK

/// Any JSON, read with tolerance.
enum JSONValue: Sendable, Hashable {
    case null
    case boolean(Bool)
    /// As text: what is looked for in numbers are ids, codes and times.
    case number(String)
    case string(String)
    case array([JSONValue])
    case object([String: JSONValue])

    /// Nil when the bytes are not JSON.
    init?(_ bytes: [UInt8]) {
        guard let value = UntrustedJSON.decode(JSONValue.self, from: bytes) else { return nil }
        self = value
    }

    /// The value that a JSON pointer (RFC 6901) leads to, its parts unescaped.
    subscript(path: [String]) -> JSONValue? {
        var value = self
        for part in path {
            switch value {
            case .object(let members):
                guard let member = members[part] else { return nil }
                value = member
            case .array(let items):
                guard let index = Int(part), items.indices.contains(index) else { return nil }
                value = items[index]
            default: return nil
            }
        }
        return value
    }

    /// What a string, a number or a truth value says; nil for the rest, and for nothing.
    var word: String? {
        switch self {
        case .string(let text): text.isEmpty ? nil : text
        case .number(let text): text
        case .boolean(let value): String(value)
        default: nil
        }
    }
}

extension JSONValue: Decodable {
    init(from decoder: any Decoder) throws {
        let value = try decoder.singleValueContainer()
        if value.decodeNil() {
            self = .null
        } else if let boolean = try? value.decode(Bool.self) {
            self = .boolean(boolean)
        } else if let integer = try? value.decode(Int64.self) {
            self = .number(String(integer))
        } else if let integer = try? value.decode(UInt64.self) {
            self = .number(String(integer))
        } else if let number = try? value.decode(Double.self) {
            self = .number(String(number))
        } else if let text = try? value.decode(String.self) {
            self = .string(text)
        } else if let items = try? value.decode([JSONValue].self) {
            self = .array(items)
        } else {
            self = .object(try value.decode([String: JSONValue].self))
        }
    }
}
