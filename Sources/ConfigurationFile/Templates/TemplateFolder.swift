internal import ChannelSDK
internal import Templates
internal import YAMLDocument

/// Which of a template's files is meant.
struct TemplatePlace: Hashable {
    let template: String
    let language: LanguageTag
}

/// Reads the templates' folder. It holds a folder for each template, named for it; in that, `template.yaml` declares the
/// variables, and `en.yaml` says what the template says in English.
struct TemplateFolder {
    /// The modules that the host has, and those that some channel is of.
    let modules: [ChannelDescriptor]
    let used: Set<String>
    let limits: YAMLLimits
    private(set) var diagnostics: [Diagnostic] = []
    private(set) var locators: [TemplatePlace: SourceLocator] = [:]
    /// By template and file, e.g. `order-shipped/en.yaml`.
    private(set) var fingerprints: [String: Int] = [:]

    init(modules: [ChannelDescriptor], used: Set<String>, limits: YAMLLimits) {
        self.modules = modules
        self.used = used
        self.limits = limits
    }

    var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    /// - Throws: why the folder can't be read. What is wrong with a template is among the diagnostics.
    mutating func read(_ path: String, defaultLanguage: LanguageTag) throws(FileFailure) -> [MessageTemplate] {
        var templates: [MessageTemplate] = []
        for name in try FolderListing.names(in: path) {
            let own = "\(path)/\(name)"
            guard FolderListing.isFolder(own) else {
                if name.hasSuffix(".yaml") {
                    complain("a template is a folder of its own, e.g. order-shipped/en.yaml", own)
                }
                continue
            }
            guard (try? ValueKind.name.parse(name)) != nil else {
                complain("the name of a template must be \(ValueKind.name.expectation)", own)
                continue
            }
            do throws(FileFailure) {
                templates += try template(name, own, defaultLanguage).map { [$0] } ?? []
            } catch {
                complain("the folder \(error.message)", own)
            }
        }
        return templates
    }

    private mutating func template(
        _ name: String, _ path: String, _ defaultLanguage: LanguageTag
    ) throws(FileFailure) -> MessageTemplate? {
        var declarations: TemplateDeclarations?
        var languages: [TemplateLanguageFile] = []
        let known = diagnostics.count
        for file in try FolderListing.names(in: path) where file.hasSuffix(".yaml") || file.hasSuffix(".yml") {
            let own = "\(path)/\(file)"
            let stem = file.hasSuffix(".yaml") ? String(file.dropLast(5)) : ""
            if stem == "template" {
                declarations = open(own).map { TemplateDeclarations($0) }
            } else if let language = LanguageTag(stem) {
                if let file = open(own) {
                    languages.append(TemplateLanguageFile(file, language: language, modules: modules))
                }
            } else {
                complain("is neither template.yaml nor named for a language, e.g. en.yaml or de-AT.yaml", own)
            }
        }
        let check = TemplateCheck(
            name: name, declarations: declarations, languages: languages, defaultLanguage: defaultLanguage, used: used,
            isWhole: diagnostics.count == known)
        for problem in check.run() { complain(problem, path) }
        finish(declarations, languages, template: name)
        return check.template
    }

    private mutating func finish(
        _ declarations: TemplateDeclarations?, _ languages: [TemplateLanguageFile], template: String
    ) {
        diagnostics += declarations?.file.diagnostics ?? []
        for language in languages {
            diagnostics += language.file.diagnostics
            locators[TemplatePlace(template: template, language: language.language)] = language.file.locator
        }
    }

    private mutating func open(_ path: String) -> TemplateFile? {
        do throws(TemplateFile.Refusal) {
            let file = try TemplateFile(path, limits: limits)
            let place = path.split(separator: "/").suffix(2).joined(separator: "/")
            fingerprints[place] = file.fingerprint
            return file
        } catch {
            diagnostics.append(error.diagnostic)
            return nil
        }
    }

    private mutating func complain(_ message: String, _ path: String) {
        diagnostics.append(
            Diagnostic(
                severity: .error, file: path.printable(limit: 1000), position: nil, message: message, excerpt: nil))
    }
}
