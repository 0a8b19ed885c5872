internal import Mustache

/// A text with `{{variables}}`, `{{#sections}}` that stand only where a variable is not empty, `{{^inverted}}` ones that
/// stand where it is, and `{{! comments }}`. Values are put in as they are, in HTML escaped; they are never read as
/// templates.
public struct TextTemplate: Sendable {
    public enum Language: Sendable, Hashable {
        case text
        case html
    }

    /// Bytes of a template's text.
    public static let longestSource = 128 << 10
    /// The variables it uses, each with the number of `{` before its first use.
    public let variables: [String: Int]
    private let values: [String]
    private let language: Language
    private let template: MustacheTemplate
    private let size: Int

    /// The library escapes for HTML by itself, but by grapheme clusters: a quotation mark before a combining accent
    /// would pass. So it is told to escape nothing, and gets values that are.
    private static let pragma = "{{% CONTENT_TYPE:TEXT}}\n"

    public init(_ source: String, as language: Language = .text) throws(TemplateFlaw) {
        size = source.utf8.count
        guard size <= Self.longestSource else {
            throw TemplateFlaw("the text is longer than \(Self.longestSource >> 10) KiB", braces: 0)
        }
        let scanner = try TagScanner(source, isHTML: language == .html)
        variables = scanner.variables
        values = scanner.values
        self.language = language
        do {
            template = try MustacheTemplate(string: Self.pragma + source)
        } catch {
            // The scanner knows all that people get wrong; what is left is braces that only Mustache minds.
            throw TemplateFlaw(
                "this is not Mustache: a '{' may be too much at the end of a tag or of the text", braces: 0)
        }
    }

    /// - Parameter limit: bytes.
    /// - Returns: nil when the text would be longer than `limit`.
    func render(_ variables: [String: String], limit: Int) -> String? {
        let texts = language == .html ? variables.mapValues(\.escapedForHTML) : variables
        // Each tag writes at most once: no more than this is ever made.
        let longest = values.reduce(size) { $0 + (texts[$1]?.utf8.count ?? 0) }
        guard longest <= limit + Self.longestSource else { return nil }
        let text = template.render(texts.mapValues(TemplateValue.init))
        return text.utf8.count <= limit ? text : nil
    }
}

/// A value as the library sees it: a text, and nothing to look into.
private struct TemplateValue: MustacheCustomRenderable, MustacheParent {
    let renderText: String
    var isNull: Bool { renderText.isEmpty }

    /// Without this the library would find this type's own properties by their names.
    func child(named: String) -> Any? { nil }
}

extension String {
    /// Fit for HTML's text and for its quoted attributes.
    fileprivate var escapedForHTML: String {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(utf8.count)
        for byte in utf8 {
            switch byte {
            case UInt8(ascii: "&"): bytes += Array("&amp;".utf8)
            case UInt8(ascii: "<"): bytes += Array("&lt;".utf8)
            case UInt8(ascii: ">"): bytes += Array("&gt;".utf8)
            case UInt8(ascii: "\""): bytes += Array("&quot;".utf8)
            case UInt8(ascii: "'"): bytes += Array("&#39;".utf8)
            default: bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
