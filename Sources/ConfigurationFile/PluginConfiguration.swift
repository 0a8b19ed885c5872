internal import ChannelSDK
internal import YAMLDocument

/// One entry of `plugins:`: a library with a channel module.
public struct PluginConfiguration: Sendable, Hashable {
    /// What to do when the library can't be used.
    public enum OnFailure: String, Sendable, Hashable, CaseIterable {
        /// The host does not start.
        case refuse
        /// It starts without the channels that need the library.
        case skip
    }

    /// The library's path; a relative one begins at the file's folder.
    public var path: String
    /// The hash that the library must have, in lower case hexadecimal; nil: any.
    public var sha256: String?
    public var onFailure: OnFailure
    /// What the library brought; nil: it is left out.
    public var module: String?
}

/// Reads `plugins:` and loads the libraries.
struct PluginReader {
    let check: FileCheck
    let folder: String
    let load: ConfigurationLoader.LibraryLoader
    private(set) var plugins: [PluginConfiguration] = []
    private(set) var modules: [ChannelModule]
    /// Why libraries are left out.
    private(set) var absences: [LibraryRefusal] = []

    /// - Parameter modules: those that there are without libraries.
    init(
        _ section: inout Section, modules: [ChannelModule], folder: String,
        load: @escaping ConfigurationLoader.LibraryLoader
    ) {
        check = section.check
        self.modules = modules
        self.folder = folder
        self.load = load
        let help = "Libraries with channel modules (docs/plugins.md): a list."
        let node = section.node("plugins", "a list of libraries", .none, help)
        if check.reference != nil { _ = entry(in: [], path: "plugins[]", at: section.position) }
        guard let node else { return }
        guard case .sequence(let items) = node.content else {
            check.error("plugins must be a list of libraries, not \(node.typeName)", at: node.start)
            return
        }
        for (index, item) in items.enumerated() {
            let path = "plugins[\(index)]"
            check.remember(path, at: item.start)
            guard let entries = check.entries(of: item, path: path),
                let entry = entry(in: entries, path: path, at: item.start)
            else { continue }
            add(entry, at: item.start)
        }
    }

    private func entry(in entries: [YAMLEntry], path: String, at position: YAMLPosition) -> PluginConfiguration? {
        var section = Section(path: path, position: position, entries: entries, check: check)
        let errors = check.errorCount
        let file = section.required("path", .text, "The library; a relative path begins at this file's folder.")
        let hash = section.optional("sha256", .sha256, "The SHA-256 that the file must have.")
        let onFailure: PluginConfiguration.OnFailure? = section.optional(
            "on_failure", .choice,
            "When it can't be used: refuse to start, the default, or skip its channels.")
        if !section.has("sha256"), check.reference == nil, let file {
            check.warning(
                "\(path) has no sha256: whatever file is there runs with the host's rights; "
                    + "pin it to what 'sha256sum \(file)' prints", at: position)
        }
        section.finish()
        guard let file, check.errorCount == errors else { return nil }
        return PluginConfiguration(path: besides(file), sha256: hash, onFailure: onFailure ?? .refuse, module: nil)
    }

    private mutating func add(_ entry: PluginConfiguration, at position: YAMLPosition) {
        var entry = entry
        do throws(LibraryRefusal) {
            let module = try load(entry.path, entry.sha256)
            let name = module.descriptor.name
            guard !modules.contains(where: { $0.descriptor.name == name }) else {
                throw LibraryRefusal(
                    file: entry.path, reason: "has a module '\(name)', and there is one of that name already")
            }
            entry.module = name
            modules.append(module)
        } catch {
            switch entry.onFailure {
            case .refuse: check.error("\(error)", at: position)
            case .skip:
                check.warning("\(error); the host goes on without it (on_failure: skip)", at: position)
                absences.append(error)
            }
        }
        plugins.append(entry)
    }

    private func besides(_ path: String) -> String {
        if path.hasPrefix("/") || folder == "." { return path }
        return folder == "/" ? "/\(path)" : "\(folder)/\(path)"
    }
}

extension ValueKind<String> {
    static let sha256 = ValueKind(
        expectation: "a SHA-256 of 64 hexadecimal digits",
        parse: { (text) throws(Mismatch) in
            let isHash =
                text.utf8.count == 64
                && text.utf8.allSatisfy {
                    (48...57).contains($0) || (97...102).contains($0 | 0x20)
                }
            guard isHash else { throw Mismatch() }
            return text.lowercased()
        }, format: { $0 })
}
