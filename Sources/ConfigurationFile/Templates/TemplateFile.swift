internal import Templates
internal import YAMLDocument

/// One YAML file of a template, while it is read. It takes no `${…}`: what it says is the same in every environment.
struct TemplateFile {
    struct Refusal: Error {
        let diagnostic: Diagnostic
    }

    let path: String
    let check: FileCheck
    let entries: [YAMLEntry]
    /// Differs, within this process, when the file does.
    let fingerprint: Int
    private let source: YAMLSource

    init(_ path: String, limits: YAMLLimits) throws(Refusal) {
        var bytes: [UInt8] = []
        do throws(FileFailure) {
            bytes = try BoundedFile.read(path, limit: limits.bytes + 1)
        } catch {
            throw Self.refusal("the file \(error.message)", nil, path, YAMLSource([]))
        }
        do throws(YAMLProblem) {
            let tree = try YAMLTree(parsing: bytes, limits: limits)
            self.path = path
            source = YAMLSource(bytes)
            fingerprint = bytes.hashValue
            check = FileCheck(source: source, resolver: TemplateResolver(environment: [:], folder: "."))
            for problem in tree.problems { check.error(problem.message, at: problem.position) }
            entries = tree.root.flatMap { [check] in check.entries(of: $0, path: "the file") } ?? []
        } catch {
            throw Self.refusal(error.message, error.position, path, YAMLSource(error.position == nil ? [] : bytes))
        }
    }

    private static func refusal(
        _ message: String, _ position: YAMLPosition?, _ path: String, _ source: YAMLSource
    ) -> Refusal {
        let locator = SourceLocator(file: path, source: source, positions: [:]) { _ in [] }
        return Refusal(diagnostic: locator.diagnostic(.error, message, at: position))
    }

    /// The file's keys, or those of them that are asked for.
    func section(_ isWanted: (YAMLEntry) -> Bool = { _ in true }) -> Section {
        Section(
            path: "", position: YAMLPosition(line: 1, column: 1), entries: entries.filter(isWanted), check: check)
    }

    var locator: SourceLocator {
        SourceLocator(file: path, source: source, positions: check.positions) { _ in [] }
    }

    var diagnostics: [Diagnostic] { ConfigurationLoader.diagnostics(check.findings, locator) }

    /// The scalar as it is written; nil when it is none, which is reported.
    func text(_ node: YAMLNode, path: String) -> String? {
        guard let scalar = node.scalar else {
            let advice = if case .mapping = node.content { "; in quotes, if it begins with '{{'" } else { "" }
            check.error("\(path) must be text, not \(node.typeName)\(advice)", at: node.start)
            return nil
        }
        guard !scalar.text.isEmpty else {
            check.error("\(path) has no value; write one, or remove the key", at: node.start)
            return nil
        }
        return scalar.text
    }
}
