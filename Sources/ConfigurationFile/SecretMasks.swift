internal import YAMLDocument

/// The places of the file that excerpts must not show.
struct SecretMasks {
    private var ranges: [(start: YAMLPosition, end: YAMLPosition)] = []
    private let names: SensitiveNames

    init(_ root: YAMLNode?, names: SensitiveNames) {
        self.names = names
        if let root { visit(root, path: [], module: nil, isSecret: false) }
        ranges.sort { $0.start < $1.start }
    }

    /// The columns of a line that must not be shown, from 1.
    func columns(ofLine line: Int) -> [Range<Int>] {
        ranges.filter { $0.start.line <= line && line <= $0.end.line }.map { range in
            let start = range.start.line == line ? range.start.column : 1
            let end = range.end.line == line ? range.end.column : Int.max
            return start..<max(start, end)
        }
    }

    /// Whether a scalar must not be shown.
    func hides(_ node: YAMLNode) -> Bool { ranges.contains { $0.start == node.start && $0.end == node.end } }

    private mutating func visit(_ node: YAMLNode, path: [String], module: String?, isSecret: Bool) {
        switch node.content {
        case .scalar(let scalar):
            if (isSecret || WebAddress.mayHoldPassword(scalar.text)) && !Self.showsNothing(scalar.text) {
                ranges.append((node.start, node.end))
            }
        case .sequence(let items):
            for item in items { visit(item, path: path, module: module, isSecret: isSecret) }
        case .mapping(let entries):
            let module = entries.first { $0.key == "module" }?.value.scalar?.text ?? module
            for entry in entries {
                let hidden = isSecret || isSensitive(entry.key, path: path, module: module)
                visit(entry.value, path: path + [entry.key], module: module, isSecret: hidden)
            }
        }
    }

    /// Under a channel's `settings:` everything is hidden that is not declared as harmless. A declaration of settings
    /// holds no values but defaults, and what a request to a provider carries as its authorization is hidden too.
    private func isSensitive(_ key: String, path: [String], module: String?) -> Bool {
        if path.first == "modules" { return isSensitiveInDeclaration(key, path: path) }
        if path.last == "settings" { return names.isSecretSetting(key, module: module) ?? true }
        return names.contains(key)
    }

    /// The names of modules and settings are the author's own.
    private func isSensitiveInDeclaration(_ key: String, path: [String]) -> Bool {
        guard path.count >= 3 else { return false }
        guard path[2] == "settings" else { return SensitiveNames.isSecretByName(key) }
        return path.count == 4 && key == "default" && names.contains(path[3])
    }

    static func showsNothing(_ text: String) -> Bool { (try? Template(text))?.holdsOnlyReferences ?? false }
}

extension SecretMasks {
    /// The same for a file that could not be parsed, judged by its lines: whatever follows a sensitive key is hidden,
    /// on its line and on the lines below that have no key of their own.
    static func columns(ofUnparsedLine line: Int, in source: YAMLSource, names: SensitiveNames) -> [Range<Int>] {
        guard let text = source.line(line).map({ Array($0.unicodeScalars) }) else { return [] }
        let keys = keys(in: text)
        // A colon without a space makes no key, but may have been meant to.
        for (name, valueStart) in words(beforeColonsOf: text) where names.contains(name) {
            let value = String(String.UnicodeScalarView(text[valueStart...])).trimmedOfSpaces
            return showsNothing(value) ? [] : [(valueStart + 1)..<Int.max]
        }
        guard keys.isEmpty else { return [] }
        for above in stride(from: line - 1, to: 0, by: -1) {
            let lineAbove = source.line(above).map { Array($0.unicodeScalars) } ?? []
            if words(beforeColonsOf: lineAbove).contains(where: { names.contains($0.name) }) { return [1..<Int.max] }
            guard let last = Self.keys(in: lineAbove).last else { continue }
            return names.contains(last.name) ? [1..<Int.max] : []
        }
        return []
    }

    /// The words that are followed by a colon as YAML wants it, and where what follows begins.
    private static func keys(in text: [Unicode.Scalar]) -> [(name: String, valueStart: Int)] {
        words(beforeColonsOf: text) { isColon($0, in: text) }
    }

    private static func words(
        beforeColonsOf text: [Unicode.Scalar], where isColon: (Int) -> Bool = { _ in true }
    ) -> [(name: String, valueStart: Int)] {
        text.indices.filter { text[$0] == ":" && isColon($0) }.compactMap { colon in
            var start = colon
            while start > 0, isKeyCharacter(text[start - 1]) { start -= 1 }
            let name = String(String.UnicodeScalarView(text[start..<colon])).filter { $0 != "\"" && $0 != "'" }
            var value = colon + 1
            while value < text.count, text[value] == " " { value += 1 }
            return name.isEmpty ? nil : (name, value)
        }
    }

    private static func isColon(_ index: Int, in text: [Unicode.Scalar]) -> Bool {
        guard text[index] == ":" else { return false }
        let isAfterQuote = index > 0 && (text[index - 1] == "\"" || text[index - 1] == "'")
        return isAfterQuote || index + 1 == text.count || text[index + 1] == " "
    }

    private static func isKeyCharacter(_ scalar: Unicode.Scalar) -> Bool {
        scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || "_-\"'".unicodeScalars.contains(scalar)
    }
}

extension String {
    fileprivate var trimmedOfSpaces: String {
        let quotesAndSpaces: Set<Character> = [" ", "\t", "\"", "'"]
        let head = drop { quotesAndSpaces.contains($0) }
        return String(head.reversed().drop { quotesAndSpaces.contains($0) }.reversed())
    }
}
