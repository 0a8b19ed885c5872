internal import Templates
internal import YAMLDocument

/// What only all files of a template together show: languages and variables that are missing or too many.
struct TemplateCheck {
    let name: String
    let declarations: TemplateDeclarations?
    let languages: [TemplateLanguageFile]
    let defaultLanguage: LanguageTag
    /// The modules that some channel is of.
    let used: Set<String>
    /// False when some file could not be read at all: then nothing is said of what is missing.
    let isWhole: Bool

    var template: MessageTemplate {
        MessageTemplate(
            name: name, variables: declarations?.variables ?? [],
            contents: Dictionary(languages.map { ($0.language, $0.contents) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Reports at the files.
    /// - Returns: what is wrong with the folder itself.
    func run() -> [String] {
        checkVariables()
        var problems = Dictionary(grouping: languages, by: \.language).values.filter { $0.count > 1 }.map { twins in
            "\(twins.map { Self.fileName($0) }.sorted().joined(separator: " and ")) are the same language: keep one"
        }
        guard let main = languages.first(where: { $0.language == defaultLanguage }) else {
            guard isWhole else { return problems }
            problems.append("\(defaultLanguage).yaml is missing: it is what every other language falls back to")
            return problems
        }
        for module in main.contents.keys.sorted() where !used.contains(module) {
            main.file.check.warning(
                "no channel is of module '\(module)'", at: main.file.check.positions[module])
        }
        for other in languages where other.language != defaultLanguage { compare(other, with: main) }
        return problems
    }

    private func compare(_ other: TemplateLanguageFile, with main: TemplateLanguageFile) {
        let missing = Self.fileName(main)
        for module in other.contents.keys.sorted() where main.contents[module] == nil {
            other.file.check.error(
                "\(missing) says nothing by \(module): add it there, for the languages without a file",
                at: other.file.check.positions[module])
        }
        let template = template
        for module in main.contents.keys.sorted() {
            let found = template.content(for: module, in: other.language, fallback: defaultLanguage)
            if found?.language == defaultLanguage, !other.language.widening.contains(defaultLanguage) {
                other.file.check.warning(
                    "says nothing by \(module); the text of \(missing) is sent", at: YAMLPosition(line: 1, column: 1))
            }
        }
    }

    private func checkVariables() {
        let declared = declarations?.variables.map(\.name) ?? []
        for language in languages {
            for use in language.uses where !declared.contains(use.variable) {
                let advice =
                    Spelling.suggestion(for: use.variable, among: declared).map { "did you mean '\($0)'?" }
                    ?? "add it to 'variables' in template.yaml"
                language.file.check.error(
                    "the variable '\(use.variable)' is not declared; \(advice)", atOccurrence: use.braces, of: "{",
                    in: use.node)
            }
        }
        guard isWhole, languages.allSatisfy({ $0.file.check.errorCount == 0 }) else { return }
        let used = Set(languages.flatMap(\.uses).map(\.variable))
        for name in declared where !used.contains(name) {
            let check = declarations?.file.check
            check?.error("no text uses the variable '\(name)'; remove it", at: check?.positions["variables.\(name)"])
        }
    }

    private static func fileName(_ file: TemplateLanguageFile) -> String { "\(file.language).yaml" }
}
