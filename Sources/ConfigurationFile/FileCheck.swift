internal import YAMLDocument

/// The check of one file: what was found wrong so far, and where things stand.
///
/// It lives for one load, on one task.
final class FileCheck {
    struct Finding: Hashable {
        let severity: Diagnostic.Severity
        let position: YAMLPosition?
        let message: String
    }

    private(set) var findings: [Finding] = []
    private var seen: Set<Finding> = []
    /// Of each key that was read, by its path, e.g. `channels.sms.timeout`.
    private(set) var positions: [String: YAMLPosition] = [:]
    /// Values that came from variables and files: not to be shown.
    private(set) var suppliedValues: Set<String> = []
    /// By path, the values into which something was put from elsewhere.
    private(set) var resolvedTexts: [String: String] = [:]
    /// Collects what the keys are, in place of reading them.
    let reference: ReferenceRecorder?

    private let source: YAMLSource
    private let resolver: TemplateResolver

    init(source: YAMLSource, resolver: TemplateResolver, reference: ReferenceRecorder? = nil) {
        self.source = source
        self.resolver = resolver
        self.reference = reference
    }

    private(set) var errorCount = 0

    func error(_ message: String, at position: YAMLPosition?) { add(.error, message, at: position) }
    func warning(_ message: String, at position: YAMLPosition?) { add(.warning, message, at: position) }

    func remember(_ path: String, at position: YAMLPosition) { positions[path] = position }

    private func add(_ severity: Diagnostic.Severity, _ message: String, at position: YAMLPosition?) {
        let finding = Finding(severity: severity, position: position, message: message)
        // A value with an alias is read twice, but is wrong in one place.
        guard seen.insert(finding).inserted else { return }
        findings.append(finding)
        if severity == .error { errorCount += 1 }
    }
}

extension FileCheck {
    /// The value of a scalar. Nil when it is wrong, which is reported, or empty by way of its references: then the
    /// key counts as not given.
    func value<Value: Sendable>(of node: YAMLNode, _ kind: ValueKind<Value>, path: String) -> Value? {
        guard let resolved = text(of: node, path: path, expectation: kind.expectation) else { return nil }
        if kind.isSecret, resolved.references.isEmpty {
            error("\(path) is a secret: give it by ${VARIABLE} or ${file:PATH}, not in the file", at: node.start)
            return nil
        }
        if resolved.text.isEmpty, !resolved.references.isEmpty { return nil }
        do throws(Mismatch) {
            return try kind.parse(resolved.text)
        } catch {
            let secret = kind.isSecret || WebAddress.mayHoldPassword(resolved.text)
            report(error, resolved, expectation: kind.expectation, noun: kind.noun, hide: secret, path, node)
            return nil
        }
    }

    private func text(of node: YAMLNode, path: String, expectation: String) -> ResolvedText? {
        guard let scalar = node.scalar else {
            error("\(path) must be \(expectation), not \(node.typeName)", at: node.start)
            return nil
        }
        guard !scalar.text.isEmpty else {
            error("\(path) has no value; write one, or remove the key", at: node.start)
            return nil
        }
        if scalar.style == .plain, ["~", "null", "Null", "NULL"].contains(scalar.text) {
            warning("\(path) is taken as the text '\(scalar.text)'; to leave it out, remove the key", at: node.start)
        }
        do throws(Template.Flaw) {
            let resolution = resolver.resolve(try Template(scalar.text), supplied: &suppliedValues)
            for flaw in resolution.flaws { report(flaw, path, node) }
            if let value = resolution.value, !value.references.isEmpty { resolvedTexts[path] = value.text }
            return resolution.value
        } catch {
            report(error, path, node)
            return nil
        }
    }

    /// - Parameters:
    ///   - index: which occurrence of `character` in the scalar is meant, from 0.
    func error(_ message: String, atOccurrence index: Int, of character: Unicode.Scalar, in node: YAMLNode) {
        let position = source.position(ofOccurrence: index, of: character, from: node.start, to: node.end)
        error(message, at: position ?? node.start)
    }

    private func report(_ flaw: Template.Flaw, _ path: String, _ node: YAMLNode) {
        error("\(flaw.message) (in \(path))", atOccurrence: flaw.dollar, of: "$", in: node)
    }

    private func report(
        _ mismatch: Mismatch, _ resolved: ResolvedText, expectation: String, noun: String?, hide: Bool,
        _ path: String, _ node: YAMLNode
    ) {
        var message = "\(path) must be \(expectation)"
        if !resolved.references.isEmpty {
            message += "; the value of \(resolved.references.joined(separator: " and ")) is not"
        } else if !hide {
            let shown = resolved.text.printable(limit: 40)
            let suggestion = mismatch.suggestion.map { "did you mean '\($0)'?" }
            if let noun {
                message = "unknown \(noun) '\(shown)' in \(path); \(suggestion ?? "must be \(expectation)")"
            } else {
                message += ", not '\(shown)'" + (suggestion.map { "; \($0)" } ?? "")
            }
        }
        error(message, at: node.start)
    }
}

extension YAMLNode {
    /// With its article, for messages.
    var typeName: String {
        switch content {
        case .scalar(let scalar): scalar.isAbsent ? "empty" : "a single value"
        case .sequence: "a list"
        case .mapping: "a mapping"
        }
    }
}
