/// A parsed document.
///
/// It is one document of mappings, sequences and scalars. Anchors and aliases work, within the limits; tags, merge
/// keys, directives and a second document are refused.
public struct YAMLTree: Sendable, Hashable {
    /// Nil for an empty file, or one of comments only.
    public let root: YAMLNode?
    /// What is wrong but does not keep the rest from being read: duplicate keys, tags, merge keys.
    public let problems: [YAMLProblem]

    /// - Throws: the problem that keeps the document from being read at all: not YAML, not text, or beyond `limits`.
    public init(parsing bytes: [UInt8], limits: YAMLLimits = YAMLLimits()) throws(YAMLProblem) {
        guard bytes.count <= limits.bytes else {
            throw YAMLProblem("the file is larger than \(limits.bytes >> 10) KiB; is it the right one?", at: nil)
        }
        try InputCheck.check(bytes)
        var builder = TreeBuilder(events: EventReader(YAMLSource.withoutByteOrderMark(bytes)), limits: limits)
        root = try builder.document()
        problems = builder.problems
    }
}
