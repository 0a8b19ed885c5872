internal import YAMLDocument

/// What a file says, by the paths of its keys, e.g. `channels.sms.rate_limit[0]`, references resolved. A description shows
/// nothing of it: some of it is secret.
public struct ConfigurationValues: Sendable, CustomStringConvertible {
    struct Value: Hashable, Sendable {
        let text: String
        /// It must not be shown: a secret, or from a variable or a file that may hold one.
        let isHidden: Bool
    }

    private(set) var values: [String: Value] = [:]

    public init() {}

    /// - Parameters:
    ///   - resolved: the values of those keys that have references, as far as they were read.
    ///   - templates: of the templates' files.
    init(_ root: YAMLNode, resolved: [String: String], masks: SecretMasks, templates: [String: Int]) {
        add(root, path: "", resolved, masks)
        for (place, fingerprint) in templates {
            values["templates.\(place)"] = Value(text: String(fingerprint), isHidden: true)
        }
    }

    /// For the tables of tests.
    init(_ values: [String: Value]) { self.values = values }

    public var description: String { "the values of \(values.count) keys" }

    private mutating func add(
        _ node: YAMLNode, path: String, _ resolved: [String: String], _ masks: SecretMasks
    ) {
        switch node.content {
        case .scalar(let scalar):
            let isReference = scalar.text.contains("${")
            let text = resolved[path] ?? scalar.text
            values[path] = Value(text: text, isHidden: isReference || masks.hides(node))
        case .sequence(let items):
            if items.isEmpty { values[path] = Value(text: "[]", isHidden: false) }
            for (index, item) in items.enumerated() { add(item, path: "\(path)[\(index)]", resolved, masks) }
        case .mapping(let entries):
            if entries.isEmpty { values[path] = Value(text: "{}", isHidden: false) }
            for entry in entries {
                add(entry.value, path: path.isEmpty ? entry.key : "\(path).\(entry.key)", resolved, masks)
            }
        }
    }
}
