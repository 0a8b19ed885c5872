public import ChannelSDK

/// All templates of a host. A reload puts another in its place.
public struct TemplateCatalog: Sendable {
    public let templates: [String: MessageTemplate]
    public let defaultLanguage: LanguageTag

    public init(templates: [MessageTemplate], defaultLanguage: LanguageTag) {
        self.templates = Dictionary(templates.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        self.defaultLanguage = defaultLanguage
    }

    public static let empty = TemplateCatalog(templates: [], defaultLanguage: .english)

    /// Checks a request's template, language and variables, before it is known which channels it goes to.
    /// - Throws: everything that is wrong, at the fields `template`, `locale` and `variables.NAME`.
    public func use(
        template name: String, locale: String?, variables: [String: String]
    ) throws(TemplateProblems) -> TemplateUse {
        var problems: [FieldProblem] = []
        let language = locale.map { LanguageTag($0) } ?? defaultLanguage
        if language == nil { problems.append(.init(field: "locale", message: "must be \(LanguageTag.rule)")) }
        let template = templates[name]
        if let template {
            problems += Self.problems(with: variables, for: template)
        } else {
            problems.append(.init(field: "template", message: unknown(name)))
        }
        guard let template, let language, problems.isEmpty else { throw TemplateProblems(problems) }
        return TemplateUse(template: template, language: language, fallback: defaultLanguage, variables: variables)
    }

    private static func problems(with given: [String: String], for template: MessageTemplate) -> [FieldProblem] {
        let declared = template.variables.map(\.name)
        var problems = template.variables.filter { !$0.isOptional && given[$0.name] == nil }.map {
            FieldProblem(field: "variables.\($0.name)", message: "is required by template '\(template.name)'")
        }
        for name in given.keys.filter({ !declared.contains($0) }).sorted() {
            let known = declared.isEmpty ? "it has none" : "it has: \(declared.joined(separator: ", "))"
            problems.append(
                .init(
                    field: "variables.\(name.prefix(60))",
                    message: "is not a variable of template '\(template.name)'; \(known)"))
        }
        return problems
    }

    private func unknown(_ name: String) -> String {
        guard !templates.isEmpty else { return "is unknown: this host has no templates" }
        let names = templates.keys.sorted()
        let more = names.count > 20 ? ", …" : ""
        return "is unknown; there are: \(names.prefix(20).joined(separator: ", "))\(more)"
    }
}

/// Everything that is wrong with how a request uses a template.
public struct TemplateProblems: Error, Sendable, Hashable {
    public let problems: [FieldProblem]

    public init(_ problems: [FieldProblem]) { self.problems = problems }
}

/// A template with the variables of one request: ready to be rendered for any channel.
public struct TemplateUse: Sendable {
    let template: MessageTemplate
    let language: LanguageTag
    let fallback: LanguageTag
    let variables: [String: String]

    /// What the template says by channels of `module`.
    /// - Throws: that it says nothing there, or too much.
    public func content(for module: String) throws(TemplateProblems) -> RenderedContent {
        guard let (language, content) = template.content(for: module, in: language, fallback: fallback) else {
            throw problem(
                "template",
                "'\(template.name)' has no content for \(module); it has: "
                    + template.modules.joined(separator: ", "))
        }
        do throws(TemplateContent.TooLong) {
            return try content.render(variables)
        } catch {
            throw problem(
                "variables",
                "are too long: the \(error.part) of template '\(template.name)' (\(module), \(language)) "
                    + "would have more than \(error.limit) bytes")
        }
    }

    private func problem(_ field: String, _ message: String) -> TemplateProblems {
        TemplateProblems([FieldProblem(field: field, message: message)])
    }
}
