internal import YAMLDocument

/// A value of the file after its references were put in.
struct ResolvedText {
    let text: String
    /// As the file names them, e.g. `${PORT}`; empty for a value that stands in the file.
    let references: [String]
}

/// Why a reference has no value.
private struct ReferenceFailure: Error {
    let message: String
}

/// Puts values in the place of references. A value is never parsed as YAML, nor searched for references itself.
struct TemplateResolver {
    let environment: [String: String]
    /// Where the paths of `${file:PATH}` begin: the folder of the YAML file.
    let folder: String

    private static let fileLimit = 64 << 10

    /// The text, or everything that keeps it from being known. `supplied` gets the values that did not come from the
    /// file, none of which may be shown.
    func resolve(_ template: Template, supplied: inout Set<String>) -> (value: ResolvedText?, flaws: [Template.Flaw]) {
        var text = ""
        var references: [String] = []
        var flaws: [Template.Flaw] = []
        for (piece, dollar) in template.pieces {
            if let reference = piece.reference { references.append(reference) }
            do throws(ReferenceFailure) {
                text += try value(of: piece, supplied: &supplied)
            } catch {
                flaws.append(.init(message: error.message, dollar: dollar))
            }
        }
        return (flaws.isEmpty ? ResolvedText(text: text, references: references) : nil, flaws)
    }

    private func value(of piece: Template.Piece, supplied: inout Set<String>) throws(ReferenceFailure) -> String {
        switch piece {
        case .literal(let text): return text
        case .variable(let name, let fallback):
            if let value = environment[name], fallback == nil || !value.isEmpty {
                supplied.insert(value)
                return value
            }
            if let fallback { return fallback }
            let advice = "set it in the environment, or give a default: ${\(name):-…}"
            throw ReferenceFailure(message: "undefined variable '\(name)'; \(advice)")
        case .file(let path):
            do throws(FileFailure) {
                let value = try read(path)
                supplied.insert(value)
                return value
            } catch {
                throw ReferenceFailure(message: "the file '\(path.printable(limit: 100))' \(error.message)")
            }
        }
    }

    private func read(_ path: String) throws(FileFailure) -> String {
        let full = path.hasPrefix("/") ? path : "\(folder)/\(path)"
        let bytes = try BoundedFile.read(full, limit: Self.fileLimit + 1)
        guard bytes.count <= Self.fileLimit else {
            throw FileFailure(message: "is larger than \(Self.fileLimit >> 10) KiB")
        }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw FileFailure(message: "is not UTF-8 text")
        }
        var end = text[...]
        while let last = end.last, last.isNewline { end = end.dropLast() }
        return String(end)
    }
}

extension Template.Piece {
    /// As messages name it, without its default.
    fileprivate var reference: String? {
        switch self {
        case .literal: nil
        case .variable(let name, _): "${\(name)}"
        case .file(let path): "${file:\(path.printable(limit: 100))}"
        }
    }
}
