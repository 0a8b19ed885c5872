/// A JSON value. Members keep their order, numbers their digits: what is written is what was given.
enum JSON: Sendable, Hashable {
    struct Member: Sendable, Hashable {
        var name: String
        var value: JSON
    }

    case null
    case boolean(Bool)
    /// As it is written.
    case number(String)
    case string(String)
    case array([JSON])
    case object([Member])

    /// The first member with this name; nil for all that is no object.
    subscript(name: String) -> JSON? {
        guard case .object(let members) = self else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// Nil for all that is no string.
    var text: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    /// Nil for all that is no string, and for the empty one.
    var nonEmpty: String? { text.flatMap { $0.isEmpty ? nil : $0 } }

    /// Nil for all that is no array.
    var elements: [JSON]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// Nil for all that is no object.
    var members: [Member]? {
        guard case .object(let members) = self else { return nil }
        return members
    }

    var isObject: Bool { members != nil }

    /// A string, or null.
    static func optional(_ text: String?) -> JSON { text.map(JSON.string) ?? .null }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral text: String) { self = .string(text) }
    init(integerLiteral number: Int) { self = .number(String(number)) }
    init(booleanLiteral value: Bool) { self = .boolean(value) }
    init(arrayLiteral elements: JSON...) { self = .array(elements) }

    init(dictionaryLiteral members: (String, JSON)...) {
        self = .object(members.map { Member(name: $0.0, value: $0.1) })
    }
}

extension JSON {
    /// An object of the members that are not nil.
    init(present members: KeyValuePairs<String, JSON?>) {
        self = .object(members.compactMap { name, value in value.map { Member(name: name, value: $0) } })
    }
}
