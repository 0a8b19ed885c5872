internal import Templates
internal import YAMLDocument

/// `template.yaml`: what a template is for, and the variables that it wants.
struct TemplateDeclarations {
    let file: TemplateFile
    private(set) var variables: [TemplateVariable] = []

    init(_ file: TemplateFile) {
        self.file = file
        var section = file.section()
        _ = text("description", &section)
        let node = section.node("variables", "a mapping from names to variables", .none, "What requests have to give.")
        for entry in node.flatMap({ file.check.entries(of: $0, path: "variables") }) ?? [] where !entry.isRefused {
            guard TemplateVariable.isName(entry.key) else {
                let shown = entry.key.printable(limit: 40)
                file.check.error(
                    "the name of a variable must be \(TemplateVariable.nameRule), not '\(shown)'", at: entry.keyStart)
                continue
            }
            if let variable = variable(entry) { variables.append(variable) }
        }
        section.finish()
    }

    private func text(_ key: String, _ section: inout Section) -> String? {
        section.node(key, "text", .none, "For people.").flatMap { file.text($0, path: section.path(of: key)) }
    }

    private func variable(_ entry: YAMLEntry) -> TemplateVariable? {
        let path = "variables.\(entry.key)"
        file.check.remember(path, at: entry.keyStart)
        guard let entries = file.check.entries(of: entry.value, path: path) else { return nil }
        var section = Section(path: path, position: entry.keyStart, entries: entries, check: file.check)
        _ = text("description", &section)
        let isOptional = section.value("optional", .boolean, default: false, "It may be left out.")
        let example = text("example", &section)
        section.finish()
        return TemplateVariable(entry.key, optional: isOptional, example: example)
    }
}
