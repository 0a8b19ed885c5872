internal import ChannelDeclared
internal import ChannelSDK
internal import YAMLDocument

/// Reads the templates of a declaration: each `{{settings.NAME}}` must be a setting of it.
struct TemplateReader {
    let check: FileCheck
    let settings: [Setting]
    /// Of a request that carries several messages, what is outside of them: the same for each.
    var isShared = false

    /// Nil when it is wrong, which is reported.
    func template(_ node: YAMLNode, path: String) -> TextTemplate? {
        guard let text = check.value(of: node, .text, path: path) else { return nil }
        do throws(TextTemplate.Flaw) {
            let template = try TextTemplate(text)
            for use in template.uses {
                checkSetting(of: use, node, path)
                checkShared(use, node, path)
            }
            return template
        } catch {
            check.error("\(error.message) (in \(path))", atOccurrence: error.brace, of: "{", in: node)
            return nil
        }
    }

    /// A mapping from the provider's names to templates.
    func fields(_ node: YAMLNode?, path: String) -> [(field: RequestTemplate.Field, node: YAMLNode)] {
        guard let node else { return [] }
        return (check.entries(of: node, path: path) ?? []).filter { !$0.isRefused }.compactMap { entry in
            check.remember("\(path).\(entry.key)", at: entry.keyStart)
            return template(entry.value, path: "\(path).\(entry.key.printable(limit: 40))").map { template in
                (RequestTemplate.Field(name: entry.key, value: template), entry.value)
            }
        }
    }

    /// JSON, of which each string is a template. What YAML writes without quotes and JSON would read as a number or a
    /// truth value is one.
    func json(_ node: YAMLNode, path: String) -> JSONTemplate? {
        switch node.content {
        case .scalar(let scalar):
            if scalar.style == .plain, Self.isLiteral(scalar.text) { return .literal(scalar.text) }
            if isShared, scalar.text == JSONTemplate.messagesPlaceholder { return .messages }
            if scalar.style == .quoted, scalar.text.isEmpty { return .text(.nothing) }
            return template(node, path: path).map { .text($0) }
        case .sequence(let items):
            return .array(
                items.enumerated().compactMap { index, item in json(item, path: "\(path)[\(index)]") })
        case .mapping(let entries):
            return .object(
                entries.filter { !$0.isRefused }.compactMap { entry in
                    json(entry.value, path: "\(path).\(entry.key.printable(limit: 40))").map {
                        JSONTemplate.Member(name: entry.key, value: $0)
                    }
                })
        }
    }

    func setting(named name: String) -> Setting? { settings.first { $0.name == name } }

    /// It is no secret's. Of a setting that there is not, nobody knows.
    func isHarmless(_ placeholder: Placeholder) -> Bool {
        guard case .setting(let name) = placeholder else { return true }
        return setting(named: name).map { $0.kind != .secret } ?? false
    }

    private func checkSetting(of use: TextTemplate.Use, _ node: YAMLNode, _ path: String) {
        guard case .setting(let name) = use.placeholder, setting(named: name) == nil, check.reference == nil else {
            return
        }
        let suggestion = Spelling.suggestion(for: name, among: settings.map(\.name)).map { "; did you mean '\($0)'?" }
        check.error(
            "the declaration has no setting '\(name)'\(suggestion ?? "; declare it under 'settings'") (in \(path))",
            atOccurrence: use.brace, of: "{", in: node)
    }

    private func checkShared(_ use: TextTemplate.Use, _ node: YAMLNode, _ path: String) {
        guard isShared, use.placeholder.isOfMessage, check.reference == nil else { return }
        check.error(
            "with 'batch' the request is for many messages, so {{\(use.placeholder.name)}} belongs into the batch's "
                + "json or form (in \(path))", atOccurrence: use.brace, of: "{", in: node)
    }

    /// `true`, `false`, `null`, or a number as JSON writes it.
    private static func isLiteral(_ text: String) -> Bool {
        if ["true", "false", "null"].contains(text) { return true }
        let number = text.hasPrefix("-") ? text.dropFirst() : text[...]
        let parts = number.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let areDigits = parts.allSatisfy { part in
            (1...15).contains(part.utf8.count) && part.utf8.allSatisfy { (48...57).contains($0) }
        }
        return areDigits && (parts[0] == "0" || !parts[0].hasPrefix("0"))
    }
}
