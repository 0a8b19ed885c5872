internal import YAMLDocument

/// One mapping of the file, read key by key.
///
/// Each read declares the key: its name, kind, default and help stand in one place, beside the property that they
/// fill. The declarations themselves give the check for unknown keys, the suggestions, and the reference for people.
struct Section {
    /// E.g. `channels.sms`; empty for the file's top.
    let path: String
    /// Where a missing key is reported: at the section's own key.
    let position: YAMLPosition
    let check: FileCheck
    private let entries: [String: YAMLEntry]
    private var declared: [String] = []
    private var missing: [(key: String, hint: String)] = []
    /// May know more about an unknown key than a suggestion tells.
    var explainUnknown: (_ key: String) -> String? = { _ in nil }

    init(path: String, position: YAMLPosition, entries: [YAMLEntry], check: FileCheck) {
        self.path = path
        self.position = position
        self.check = check
        self.entries = Dictionary(entries.filter { !$0.isRefused }.map { ($0.key, $0) }) { first, _ in first }
    }

    /// A key that may be left out.
    mutating func value<Value: Sendable>(
        _ key: String, _ kind: ValueKind<Value>, default fallback: Value, _ help: String
    ) -> Value {
        read(key, kind, .value(kind.format(fallback)), help) ?? fallback
    }

    /// A key that may be left out, and has no default.
    mutating func optional<Value: Sendable>(_ key: String, _ kind: ValueKind<Value>, _ help: String) -> Value? {
        read(key, kind, .none, help)
    }

    /// - Returns: nil when it is missing or wrong, which is reported.
    mutating func required<Value: Sendable>(_ key: String, _ kind: ValueKind<Value>, _ help: String) -> Value? {
        guard let node = node(key, kind.expectation, .required, help) else {
            reportMissing(key)
            return nil
        }
        let found = check.findings.count
        let value = check.value(of: node, kind, path: path(of: key))
        if value == nil, check.findings.count == found {
            check.error("\(path(of: key)) is required, but its variable is empty", at: node.start)
        }
        return value
    }

    /// A list, or a single value in place of a list of one.
    mutating func list<Value: Sendable>(_ key: String, _ kind: ValueKind<Value>, _ help: String) -> [Value]? {
        guard let node = node(key, "a list; each \(kind.expectation)", .none, help) else { return nil }
        guard case .sequence(let items) = node.content else {
            return check.value(of: node, kind, path: path(of: key)).map { [$0] }
        }
        return items.enumerated().compactMap { index, item in
            check.value(of: item, kind, path: "\(path(of: key))[\(index)]")
        }
    }

    /// A mapping within this one; an absent one is read as empty, so that its defaults apply.
    mutating func section<Value>(_ key: String, _ help: String, read: (inout Section) -> Value) -> Value {
        let node = node(key, "a mapping", .none, help)
        let entries = node.flatMap { check.entries(of: $0, path: path(of: key)) } ?? []
        var inner = Section(
            path: path(of: key), position: self.entries[key]?.keyStart ?? position, entries: entries, check: check)
        let value = read(&inner)
        inner.finish()
        return value
    }

    /// A mapping within this one whose absence means something: nil then.
    mutating func optionalSection<Value>(
        _ key: String, _ help: String, read: (inout Section) -> Value?
    ) -> Value? {
        guard has(key) || check.reference != nil else {
            declared.append(key)
            return nil
        }
        return section(key, help, read: read)
    }

    /// The value of a key whose shape the caller reads itself.
    mutating func node(_ key: String, _ expectation: String, _ fallback: KeyDescription.Fallback, _ help: String)
        -> YAMLNode?
    {
        declared.append(key)
        check.reference?.add(path: path(of: key), expectation: expectation, fallback: fallback, help: help)
        guard let entry = entries[key] else { return nil }
        check.remember(path(of: key), at: entry.keyStart)
        return entry.value
    }

    func has(_ key: String) -> Bool { entries[key] != nil }

    func path(of key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

    func position(of key: String) -> YAMLPosition { entries[key]?.keyStart ?? position }

    mutating func reportMissing(_ key: String, hint: String = "") { missing.append((key, hint)) }

    /// Reports the keys that were not declared, and the required ones that are missing, once all are declared.
    func finish() {
        guard check.reference == nil else { return }
        var meant: Set<String> = []
        for entry in entries.values where !declared.contains(entry.key) {
            let suggestion = Spelling.suggestion(for: entry.key, among: declared)
            if let suggestion { meant.insert(suggestion) }
            let advice =
                explainUnknown(entry.key) ?? suggestion.map { "did you mean '\($0)'?" }
                ?? (declared.isEmpty ? "no keys are known here" : "known here: \(declared.joined(separator: ", "))")
            check.error(
                "unknown key '\(entry.key.printable(limit: 40))' in \(place); \(advice)", at: entry.keyStart)
        }
        // A misspelt key is one mistake, not two.
        for (key, hint) in missing where !meant.contains(key) {
            check.error("missing key '\(key)' in \(place)\(hint)", at: position)
        }
    }

    private var place: String { path.isEmpty ? "the file" : path }

    private mutating func read<Value: Sendable>(
        _ key: String, _ kind: ValueKind<Value>, _ fallback: KeyDescription.Fallback, _ help: String
    ) -> Value? {
        guard let node = node(key, kind.expectation, fallback, help) else { return nil }
        return check.value(of: node, kind, path: path(of: key))
    }
}

extension FileCheck {
    /// Nil when `node` is no mapping, which is reported. A key without a value counts as an empty mapping.
    func entries(of node: YAMLNode, path: String) -> [YAMLEntry]? {
        if case .mapping(let entries) = node.content { return entries }
        if node.scalar?.isAbsent == true { return [] }
        error("\(path) must be a mapping, not \(node.typeName)", at: node.start)
        return nil
    }

    /// Reads `node` as a mapping from names of the operator's choice to sections.
    func named<Value>(
        _ node: YAMLNode, path: String, what: String, read: (String, YAMLEntry, String) -> Value?
    ) -> [Value] {
        (entries(of: node, path: path) ?? []).filter { !$0.isRefused }.compactMap { entry in
            guard (try? ValueKind.name.parse(entry.key)) != nil else {
                let shown = entry.key.printable(limit: 40)
                error(
                    "the name of a \(what) must be \(ValueKind.name.expectation), not '\(shown)'", at: entry.keyStart)
                return nil
            }
            remember("\(path).\(entry.key)", at: entry.keyStart)
            return read(entry.key, entry, "\(path).\(entry.key)")
        }
    }
}
