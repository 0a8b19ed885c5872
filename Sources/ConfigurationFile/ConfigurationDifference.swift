internal import YAMLDocument

/// What has changed from one state of the file to another, for people: never a secret, nor a value of a variable.
public struct ConfigurationDifference: Sendable, Hashable {
    public struct Change: Sendable, Hashable, CustomStringConvertible {
        public enum Kind: String, Sendable, Hashable {
            case added, removed, changed
        }

        /// Of a key, or of a channel, route or the like as a whole.
        public let path: String
        public let kind: Kind
        /// Nil where there was nothing, where it is not to be shown, and for what was added or removed as a whole.
        public let before: String?
        public let after: String?

        public init(path: String, kind: Kind, before: String? = nil, after: String? = nil) {
            self.path = path
            self.kind = kind
            self.before = before
            self.after = after
        }

        public var description: String {
            switch (kind, before, after) {
            case (.added, _, let after?): "\(path): added: \(after)"
            case (.removed, let before?, _): "\(path): removed; it was \(before)"
            case (.changed, let before?, let after?): "\(path): \(before) → \(after)"
            default: "\(path): \(kind.rawValue)"
            }
        }
    }

    /// In the order of their paths.
    public let changes: [Change]

    public var isEmpty: Bool { changes.isEmpty }

    /// Under these keys stand things with names of the operator's, which come and go as a whole.
    private static let named: Set<Substring> = ["channels", "routes", "modules", "callbacks", "templates"]
    /// These are read once, when the host starts: what they open or build stays as it is.
    private static let fixed: Set<Substring> = [
        "server", "auth", "storage", "kafka", "postgres", "redis", "plugins", "retention", "callbacks", "unsubscribe",
    ]
    private static let fixedKeys: Set<String> = [
        "log.format", "limits.connections", "limits.head_time", "limits.body_time", "limits.idle_time",
    ]

    public init(from before: ConfigurationValues, to after: ConfigurationValues) {
        let (old, new) = (before.values, after.values)
        let (oldNames, newNames) = (Set(old.keys.map(Self.name)), Set(new.keys.map(Self.name)))
        var changes: [String: Change] = [:]
        for path in Set(old.keys).union(new.keys) where old[path]?.text != new[path]?.text {
            let name = Self.name(of: path)
            if name != path, !oldNames.contains(name) || !newNames.contains(name) {
                changes[name] = Change(path: name, kind: newNames.contains(name) ? .added : .removed)
            } else {
                changes[path] = Self.change(path, old[path], new[path])
            }
        }
        self.changes = changes.values.sorted { $0.path < $1.path }
    }

    /// Changes that need a restart of the host.
    public var fixed: [Change] { changes.filter { Self.isFixed($0.path) } }

    /// What stands by name under `key` and has changed in some way, e.g. the modules that are declared otherwise now.
    public func names(under key: String) -> Set<String> {
        Set(
            changes.compactMap { change in
                let parts = change.path.split(separator: ".", maxSplits: 2)
                return parts.count > 1 && parts[0] == key ? String(parts[1]) : nil
            })
    }

    private static func change(
        _ path: String, _ old: ConfigurationValues.Value?, _ new: ConfigurationValues.Value?
    ) -> Change {
        let kind: Change.Kind = old == nil ? .added : new == nil ? .removed : .changed
        guard old?.isHidden != true, new?.isHidden != true else { return Change(path: path, kind: kind) }
        return Change(path: path, kind: kind, before: old.map { shown($0.text) }, after: new.map { shown($0.text) })
    }

    private static func shown(_ text: String) -> String { text.isEmpty ? "''" : text.printable(limit: 80) }

    /// The thing as a whole that a key belongs to; the key itself where there is no such thing.
    private static func name(of path: String) -> String {
        let parts = path.split(separator: ".", maxSplits: 2)
        guard parts.count > 1, named.contains(parts[0]) else { return path }
        // A route is a list.
        return "\(parts[0]).\(parts[1].prefix { $0 != "[" && $0 != "/" })"
    }

    private static func isFixed(_ path: String) -> Bool {
        let top = path.prefix { $0 != "." && $0 != "[" }
        return fixed.contains(top) || fixedKeys.contains(path)
    }
}
