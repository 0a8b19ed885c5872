/// Reads the tags of a text before the Mustache library sees it: which variables it uses, and that it holds nothing but
/// variables, sections and comments, closed in order and not too deep.
///
/// The library's own parser recurses for each section and looks for partials; what passes here gives it neither depth
/// nor partials, and its place is known where the library gives none.
struct TagScanner {
    /// A variable and where it is used first.
    private(set) var variables: [String: Int] = [:]
    /// The names of the tags that write a value, once for each time.
    private(set) var values: [String] = []

    static let deepest = 16
    /// The library's parser walks to the end of the text several times for each tag.
    static let most = 500
    private let isHTML: Bool
    private var open: [(name: String, braces: Int)] = []
    /// `{` so far, and tags.
    private var braces = 0
    private var tags = 0

    init(_ text: String, isHTML: Bool) throws(TemplateFlaw) {
        self.isHTML = isHTML
        var rest = text[...].unicodeScalars
        while let brace = rest.firstIndex(of: "{") {
            rest = rest[brace...]
            guard rest.dropFirst().first == "{" else {
                braces += 1
                rest = rest.dropFirst()
                continue
            }
            try tag(&rest)
        }
        if let section = open.last {
            throw TemplateFlaw(
                "the section '\(section.name)' is not closed by {{/\(section.name)}}", braces: section.braces)
        }
    }

    private mutating func tag(_ rest: inout Substring.UnicodeScalarView) throws(TemplateFlaw) {
        let place = braces
        tags += 1
        if tags > Self.most { throw TemplateFlaw("the text has more than \(Self.most) tags", braces: place) }
        let isTriple = rest.starts(with: "{{{".unicodeScalars)
        rest = rest.dropFirst(isTriple ? 3 : 2)
        let body = try body(&rest, end: isTriple ? "}}}" : "}}", place)
        braces += isTriple ? 3 : 2
        guard !isTriple else { return try unescaped(body[...], place) }
        switch body.first {
        case "!": braces += body.count { $0 == "{" }
        case "#", "^": try begin(try name(body.dropFirst(), place), place)
        case "/": try end(try name(body.dropFirst(), place), place)
        case "&": try unescaped(body.dropFirst(), place)
        case ">", "<", "$":
            throw TemplateFlaw("partials and blocks are not supported: write the text out", braces: place)
        case "=", "%": throw TemplateFlaw("other delimiters and pragmas are not supported", braces: place)
        default: write(try name(body, place), place)
        }
    }

    private mutating func begin(_ section: String, _ place: Int) throws(TemplateFlaw) {
        if open.count == Self.deepest {
            throw TemplateFlaw("sections are nested deeper than \(Self.deepest) levels", braces: place)
        }
        open.append((section, place))
        use(section, place)
    }

    private mutating func end(_ name: String, _ place: Int) throws(TemplateFlaw) {
        guard let section = open.popLast() else {
            throw TemplateFlaw("{{/\(name)}} closes a section that is not open", braces: place)
        }
        guard section.name == name else {
            throw TemplateFlaw("{{/\(name)}} comes where the section '\(section.name)' is open", braces: place)
        }
    }

    private mutating func write(_ name: String, _ place: Int) {
        use(name, place)
        values.append(name)
    }

    private mutating func unescaped(_ body: Substring.UnicodeScalarView, _ place: Int) throws(TemplateFlaw) {
        let name = try name(body, place)
        if isHTML {
            throw TemplateFlaw("values are always escaped in html: write {{\(name)}}", braces: place)
        }
        write(name, place)
    }

    private mutating func use(_ name: String, _ place: Int) {
        if variables[name] == nil { variables[name] = place }
    }

    /// What stands before `end`, which is read too.
    private func body(
        _ rest: inout Substring.UnicodeScalarView, end: String, _ place: Int
    ) throws(TemplateFlaw) -> Substring.UnicodeScalarView {
        let end = end.unicodeScalars
        var index = rest.startIndex
        while index < rest.endIndex {
            if rest[index...].starts(with: end) {
                defer { rest = rest[index...].dropFirst(end.count) }
                return rest[..<index]
            }
            index = rest.index(after: index)
        }
        throw TemplateFlaw("'{{' is not closed by '}}'", braces: place)
    }

    private func name(_ body: Substring.UnicodeScalarView, _ place: Int) throws(TemplateFlaw) -> String {
        let trimmed = body.drop(while: \.isBlank)
        let name = String(String(Substring(trimmed)).reversed().drop { $0 == " " || $0 == "\t" }.reversed())
        guard TemplateVariable.isName(name) else {
            let shown = String(
                name.unicodeScalars.prefix(40).map { $0.isASCII && $0.value >= 32 ? Character($0) : "?" })
            throw TemplateFlaw(
                "'\(shown)' is no name of a variable: letters, digits and '_', beginning with a letter", braces: place)
        }
        return name
    }
}

extension Unicode.Scalar {
    fileprivate var isBlank: Bool { self == " " || self == "\t" }
}
