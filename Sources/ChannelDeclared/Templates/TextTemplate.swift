/// A text with placeholders, e.g. `Bearer {{settings.token}}`.
public struct TextTemplate: Sendable, Hashable {
    public enum Piece: Sendable, Hashable {
        case literal(String)
        case placeholder(Placeholder)
    }

    /// What is wrong with a placeholder, and which `{` of the text begins it, counted from 0.
    public struct Flaw: Error, Sendable, Hashable {
        public let message: String
        public let brace: Int
    }

    /// A placeholder, and which `{` of the text begins it.
    public struct Use: Sendable, Hashable {
        public let placeholder: Placeholder
        public let brace: Int
    }

    public private(set) var pieces: [Piece] = []
    public private(set) var uses: [Use] = []

    public init(_ text: String) throws(Flaw) {
        var rest = text[...]
        var braces = 0
        while let opening = rest.firstRange(of: "{{") {
            append(rest[..<opening.lowerBound], &braces)
            guard let closing = rest[opening.upperBound...].firstRange(of: "}}") else {
                throw Flaw(message: "'{{' is not closed by '}}'", brace: braces)
            }
            let name = rest[opening.upperBound..<closing.lowerBound].filter { $0 != " " }
            guard let placeholder = Placeholder(name) else {
                throw Flaw(message: "no placeholder is '{{\(name.prefix(40))}}': \(Self.known)", brace: braces)
            }
            pieces.append(.placeholder(placeholder))
            uses.append(Use(placeholder: placeholder, brace: braces))
            braces += 2
            rest = rest[closing.upperBound...]
        }
        append(rest, &braces)
    }

    public static let known =
        "known are " + Placeholder.plain.map { "{{\($0.name)}}" }.joined(separator: ", ")
        + ", {{settings.NAME}} and {{options.NAME}}"

    /// The one placeholder that it consists of; nil when there is more or less in it.
    public var only: Placeholder? {
        if pieces.count == 1, case .placeholder(let placeholder) = pieces[0] { placeholder } else { nil }
    }

    /// What stands before the first placeholder.
    public var head: String {
        if case .literal(let text)? = pieces.first { text } else { "" }
    }

    private mutating func append(_ text: Substring, _ braces: inout Int) {
        braces += text.utf8.count { $0 == UInt8(ascii: "{") }
        if !text.isEmpty { pieces.append(.literal(String(text))) }
    }
}
