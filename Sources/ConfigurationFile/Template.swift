/// A value of the file with its references: `${NAME}`, `${NAME:-default}`, `${file:PATH}`; `$${` stands for `${`.
struct Template: Equatable {
    enum Piece: Equatable {
        case literal(String)
        case variable(name: String, default: String?)
        case file(path: String)
    }

    /// What is wrong with a reference, and which `$` of the text begins it, counted from 0.
    struct Flaw: Error, Equatable {
        let message: String
        let dollar: Int
    }

    /// The index beside a reference counts the `$` of the text that begins it, from 0.
    private(set) var pieces: [(piece: Piece, dollar: Int)] = []

    init(_ text: String) throws(Flaw) {
        var rest = text[...]
        var literal = ""
        var dollars = 0
        while let character = rest.first {
            if rest.hasPrefix("$${") {
                literal += "${"
                rest = rest.dropFirst(3)
                dollars += 2
            } else if rest.hasPrefix("${") {
                append(.literal(literal), dollar: dollars)
                literal = ""
                let body = try Self.body(after: rest.dropFirst(2), dollar: dollars)
                append(try Self.reference(body, dollar: dollars), dollar: dollars)
                rest = rest[body.endIndex...].dropFirst()
                dollars += 1 + body.count { $0 == "$" }
            } else {
                literal.append(character)
                dollars += character == "$" ? 1 : 0
                rest = rest.dropFirst()
            }
        }
        append(.literal(literal), dollar: dollars)
    }

    static func == (left: Self, right: Self) -> Bool { left.pieces.map(\.piece) == right.pieces.map(\.piece) }

    /// Nothing but references without defaults: the file's text then gives nothing away.
    var holdsOnlyReferences: Bool {
        pieces.allSatisfy { piece, _ in
            switch piece {
            case .literal(let text): text.isEmpty
            case .variable(_, let fallback): fallback?.isEmpty ?? true
            case .file: true
            }
        }
    }

    private mutating func append(_ piece: Piece, dollar: Int) {
        if piece != .literal("") { pieces.append((piece, dollar)) }
    }

    private static func body(after rest: Substring, dollar: Int) throws(Flaw) -> Substring {
        let body = rest.prefix { $0 != "}" }
        guard !body.contains("${") else {
            throw Flaw(message: "a reference cannot stand inside a reference", dollar: dollar)
        }
        guard body.endIndex < rest.endIndex else {
            throw Flaw(message: "'${' is not closed by '}'; to mean the characters '${', write '$${'", dollar: dollar)
        }
        return body
    }

    private static func reference(_ body: Substring, dollar: Int) throws(Flaw) -> Piece {
        if body.hasPrefix("file:") {
            let path = body.dropFirst("file:".count)
            guard !path.isEmpty else { throw Flaw(message: "'${file:}' names no file", dollar: dollar) }
            return .file(path: String(path))
        }
        let name = body.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
        let rest = body.dropFirst(name.count)
        guard let first = name.first, !first.isNumber else {
            throw Flaw(message: "'${' must be followed by the name of a variable, e.g. ${PORT}", dollar: dollar)
        }
        if rest.isEmpty { return .variable(name: String(name), default: nil) }
        guard rest.hasPrefix(":-") else {
            throw Flaw(
                message: "after the name in '${\(name)' only '}' or ':-default}' can follow", dollar: dollar)
        }
        return .variable(name: String(name), default: String(rest.dropFirst(2)))
    }
}
