/// One template: the variables that it declares, and what it says by each kind of channel in each language.
public struct MessageTemplate: Sendable {
    public let name: String
    public let variables: [TemplateVariable]
    /// By language, then by the name of the channel module.
    public let contents: [LanguageTag: [String: TemplateContent]]

    public init(name: String, variables: [TemplateVariable], contents: [LanguageTag: [String: TemplateContent]]) {
        self.name = name
        self.variables = variables
        self.contents = contents
    }

    /// The modules that it has content for in any language, in order.
    public var modules: [String] { Set(contents.values.flatMap(\.keys)).sorted() }

    /// The content that `module` gets: in the language itself, else in a wider one, else in `fallback`.
    public func content(
        for module: String, in language: LanguageTag, fallback: LanguageTag
    ) -> (language: LanguageTag, content: TemplateContent)? {
        for candidate in language.widening + [fallback] {
            if let content = contents[candidate]?[module] { return (candidate, content) }
        }
        return nil
    }

    /// Every declared variable's example.
    public var examples: [String: String] {
        Dictionary(variables.map { ($0.name, $0.example) }, uniquingKeysWith: { first, _ in first })
    }
}
