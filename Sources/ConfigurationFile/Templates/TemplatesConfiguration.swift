public import Templates

/// Where the templates are, and the templates themselves.
public struct TemplatesConfiguration: Sendable {
    /// As the file names it.
    public var folder: String
    /// What a request gets that names no locale, or one that a template does not have.
    public var defaultLocale: LanguageTag
    /// The folder's path: a relative one begins at the file's folder.
    public internal(set) var path: String
    public internal(set) var catalog: TemplateCatalog

    public init() { self = Section.defaults { Self(&$0) } }
}

extension TemplatesConfiguration {
    init(_ section: inout Section) {
        folder = section.value(
            "folder", .text, default: "templates",
            "The folder with a folder for each template; a relative path begins at this file's folder.")
        defaultLocale = section.value(
            "default_locale", .language, default: .english,
            "The language of a request that names none, or one that a template does not have.")
        path = folder
        catalog = .empty
    }
}

extension ValueKind<LanguageTag> {
    static let language = ValueKind(
        expectation: LanguageTag.rule,
        parse: { (text) throws(Mismatch) in
            guard let tag = LanguageTag(text) else { throw Mismatch() }
            return tag
        }, format: { $0.description })
}
