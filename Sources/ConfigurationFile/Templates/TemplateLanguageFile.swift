internal import ChannelSDK
internal import Templates
internal import YAMLDocument

/// `en.yaml` and its like: what a template says in one language, by the names of the channel modules.
struct TemplateLanguageFile {
    /// A variable that a text uses, and where.
    struct Use {
        let variable: String
        let node: YAMLNode
        let braces: Int
    }

    let file: TemplateFile
    let language: LanguageTag
    private(set) var contents: [String: TemplateContent] = [:]
    private(set) var uses: [Use] = []

    init(_ file: TemplateFile, language: LanguageTag, modules: [ChannelDescriptor]) {
        self.file = file
        self.language = language
        let names = modules.map(\.name)
        for entry in file.entries where !entry.isRefused && !names.contains(entry.key) {
            let advice =
                Spelling.suggestion(for: entry.key, among: names).map { "did you mean '\($0)'?" }
                ?? "there are: \(names.joined(separator: ", "))"
            file.check.error(
                "unknown module '\(entry.key.printable(limit: 40))'; \(advice)", at: entry.keyStart)
        }
        var section = file.section { names.contains($0.key) }
        for module in modules {
            let errors = file.check.errorCount
            contents[module.name] = section.optionalSection(module.name, "What is said by it.") { inner in
                content(of: &inner, module)
            }
            if contents[module.name]?.texts.isEmpty == true, file.check.errorCount == errors {
                file.check.error(
                    "\(module.name) says nothing; give it a body, or remove the key",
                    at: section.position(of: module.name))
            }
        }
    }

    private mutating func content(of section: inout Section, _ module: ChannelDescriptor) -> TemplateContent {
        var content = TemplateContent()
        content.subject = text("subject", &section)
        content.body = text("body", &section)
        content.html = text("html", &section, as: .html)
        if let node = section.node("options", "a mapping", .none, "The channel's options.") {
            content.options = options(node, path: section.path(of: "options"))
        }
        refuseParts(section, module)
        return content
    }

    private func refuseParts(_ section: Section, _ module: ChannelDescriptor) {
        for part in ChannelDescriptor.ContentPart.allCases where !module.parts.contains(part) {
            guard section.has(part.rawValue) else { continue }
            let place = section.position(of: part.rawValue)
            file.check.error("a message by \(module.name) has no \(part.rawValue); remove it", at: place)
        }
    }

    private mutating func text(
        _ key: String, _ section: inout Section, as language: TextTemplate.Language = .text
    ) -> TextTemplate? {
        guard let node = section.node(key, "text", .none, "A part of the message.") else { return nil }
        return text(node, path: section.path(of: key), as: language)
    }

    private mutating func text(
        _ node: YAMLNode, path: String, as language: TextTemplate.Language = .text
    ) -> TextTemplate? {
        guard let source = file.text(node, path: path) else { return nil }
        do throws(TemplateFlaw) {
            let text = try TextTemplate(source, as: language)
            uses += text.variables.sorted { $0.value < $1.value }.map { Use(variable: $0, node: node, braces: $1) }
            return text
        } catch {
            file.check.error("\(error.message) (in \(path))", atOccurrence: error.braces, of: "{", in: node)
            return nil
        }
    }

    private mutating func options(_ node: YAMLNode, path: String) -> [(name: String, value: OptionTemplate)] {
        var options: [(name: String, value: OptionTemplate)] = []
        for entry in file.check.entries(of: node, path: path) ?? [] where !entry.isRefused {
            let own = "\(path).\(entry.key.printable(limit: 40))"
            if entry.key == "html" {
                file.check.error("\(own) stands beside the other texts, not among the options", at: entry.keyStart)
            } else if let value = option(entry.value, path: own) {
                options.append((entry.key, value))
            }
        }
        return options
    }

    private mutating func option(_ node: YAMLNode, path: String) -> OptionTemplate? {
        switch node.content {
        case .scalar: return text(node, path: path).map { .text($0) }
        case .sequence(let items):
            var texts: [TextTemplate] = []
            for (index, item) in items.enumerated() {
                if let text = text(item, path: "\(path)[\(index)]") { texts.append(text) }
            }
            return .list(texts)
        case .mapping(let entries):
            var members: [(name: String, text: TextTemplate)] = []
            for entry in entries where !entry.isRefused {
                let own = "\(path).\(entry.key.printable(limit: 40))"
                if let text = text(entry.value, path: own) { members.append((entry.key, text)) }
            }
            return .members(members)
        }
    }
}
