internal import ChannelSDK
internal import YAMLDocument

extension ChannelInstance {
    /// - Parameter absences: why libraries are left out: a channel whose module nobody knows is of one of them.
    static func all(
        in section: inout Section, modules: [ChannelDescriptor], absences: [LibraryRefusal]
    ) -> (channels: [ChannelInstance], absent: [String: String]) {
        let check = section.check
        let node = section.node("channels", "a mapping from names to channels", .required, "The channels, by name.")
        if check.reference != nil { describe(check, modules: modules) }
        guard let node else {
            section.reportMissing("channels", hint: "; a host needs at least one channel")
            return ([], [:])
        }
        if check.entries(of: node, path: "channels")?.isEmpty == true {
            check.error("channels holds no channel; a host needs at least one", at: section.position(of: "channels"))
        }
        var absent: [String: String] = [:]
        let channels = check.named(node, path: "channels", what: "channel") { name, entry, path -> ChannelInstance? in
            guard let entries = check.entries(of: entry.value, path: path) else { return nil }
            if !absences.isEmpty, let module = entries.first(where: { $0.key == "module" })?.value.scalar?.text,
                !modules.contains(where: { $0.name == module })
            {
                let reason = "no module '\(module)': " + absences.map(\.description).joined(separator: "; ")
                check.warning("channel '\(name)' is left out: \(reason)", at: entry.keyStart)
                absent[name] = reason
                return nil
            }
            var inner = Section(path: path, position: entry.keyStart, entries: entries, check: check)
            let channel = read(name, &inner, modules: modules)
            inner.finish()
            return channel
        }
        return (channels, absent)
    }

    private static func read(_ name: String, _ section: inout Section, modules: [ChannelDescriptor]) -> Self? {
        let module = section.required(
            "module", .one(of: modules.map(\.name), noun: "module"), "The kind of channel: see `switchboard channels`.")
        let descriptor = modules.first { $0.name == module }
        let provider = provider(in: &section, of: descriptor)
        var configuration: ChannelConfiguration?
        if let descriptor, let provider {
            configuration = section.section("settings", settingsHelp) {
                ModuleSettings(&$0, of: provider, among: descriptor.providers).configuration
            }
        } else {
            _ = section.node("settings", "a mapping", .none, settingsHelp)
        }
        let instance = Self(
            name: name, module: module ?? "",
            configuration: configuration ?? ChannelConfiguration(provider: "", values: [:]), &section)
        return configuration == nil ? nil : instance
    }

    private static let settingsHelp = "What the module needs to know for the provider."

    private static func provider(in section: inout Section, of descriptor: ChannelDescriptor?)
        -> ChannelDescriptor.Provider?
    {
        let help = "Who carries the messages. May be left out where the module has only one provider."
        let names = descriptor?.providers.map(\.name) ?? []
        guard let descriptor else {
            _ = section.node("provider", "one of the module's providers", .none, help)
            return nil
        }
        guard section.has("provider") || names.count != 1 else { return descriptor.providers[0] }
        let kind = ValueKind<String>.one(of: names, noun: "provider")
        let name = section.required("provider", kind, help)
        return descriptor.providers.first { $0.name == name }
    }

    private static func describe(_ check: FileCheck, modules: [ChannelDescriptor]) {
        let start = YAMLPosition(line: 1, column: 1)
        var section = Section(path: "channels.NAME", position: start, entries: [], check: check)
        _ = read("NAME", &section, modules: modules)
    }
}
