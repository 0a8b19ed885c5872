import Accounts
import ChannelSDK
import ConfigurationFile
import Logging
import ModuleGuard
import Pipeline
import Templates

/// A file as `serve` reads it, and `check` with the very same steps: loaded, and every channel instance made.
struct CheckedConfiguration {
    let loaded: LoadedConfiguration
    private(set) var channels: [String: NotificationPipeline.ChannelEntry]
    /// Channels that the host runs without, and why.
    let absent: [String: String]
    let diagnostics: [Diagnostic]

    var hasErrors: Bool { loaded.configuration == nil || diagnostics.contains { $0.severity == .error } }

    static func load(path: String, environment: [String: String]) -> LoadedConfiguration {
        load(path: path, environment: environment) { (path, sha256) throws(LibraryRefusal) in
            try ChannelLibrary.load(path: path, sha256: sha256)
        }
    }

    /// As the file is now, with no libraries but those that are loaded.
    static func reload(path: String, environment: [String: String]) -> LoadedConfiguration {
        load(path: path, environment: environment) { (path, sha256) throws(LibraryRefusal) in
            try ChannelLibrary.reloaded(path: path, sha256: sha256)
        }
    }

    private static func load(
        path: String, environment: [String: String], _ libraries: @escaping ConfigurationLoader.LibraryLoader
    ) -> LoadedConfiguration {
        ConfigurationLoader(modules: ChannelModules.builtIn, libraries: libraries, environment: environment)
            .load(path: path)
    }

    /// - Parameter former: what the host runs by until now, of which loaded modules' instances stay that need no change.
    init(_ loaded: LoadedConfiguration, services: ChannelServices, after former: CheckedConfiguration? = nil) {
        self.loaded = loaded
        let registry = ChannelRegistry(loaded, services: services) { instance in
            former?.guardedChannel(for: instance)
        }
        channels = registry.entries
        absent = registry.absent
        let trial = TemplateTrial(catalog: loaded.configuration?.templates?.catalog ?? .empty, channels: channels)
        diagnostics =
            loaded.diagnostics + TokenConfiguration.diagnostics(loaded) + registry.diagnostics
            + trial.diagnostics(loaded)
    }
}

extension CheckedConfiguration {
    /// The instance of a loaded module that a channel has already, with these settings and this timeout.
    fileprivate func guardedChannel(for instance: ChannelInstance) -> (any RunningChannel)? {
        guard let entry = channels[instance.name], entry.channel.isGuarded, entry.module == instance.module,
            let former = loaded.configuration?.channel(named: instance.name),
            former.configuration == instance.configuration, former.timeout == instance.timeout
        else { return nil }
        return entry.channel
    }

    /// Why this can't follow on `former` while the host runs: what came from a library can't go by itself.
    func losses(after former: CheckedConfiguration) -> [Diagnostic] {
        let plugins = loaded.configuration?.plugins ?? []
        let known = former.loaded.configuration?.plugins ?? []
        let libraries = plugins.enumerated().compactMap { index, plugin -> Diagnostic? in
            guard plugin.module == nil, known.contains(where: { $0.path == plugin.path && $0.module != nil }) else {
                return nil
            }
            return loaded.diagnostic(
                "library '\(plugin.path)' is not the one that the host has loaded any more, and needs a restart: put that one "
                    + "back to have the rest of the file applied before", at: "plugins[\(index)]")
        }
        guard libraries.isEmpty else { return libraries }
        return absent.sorted { $0.key < $1.key }.compactMap { name, reason in
            guard former.channels[name] != nil else { return nil }
            return loaded.diagnostic(
                "channel '\(name)' runs, and a reload does not leave it out: \(reason)", at: "channels.\(name)")
        }
    }

    /// Leaves each channel that has not changed as it is in `former`; gives the others their revisions.
    mutating func carryOver(from former: CheckedConfiguration, _ difference: ConfigurationDifference) {
        let otherwise = difference.names(under: "modules")
        for (name, entry) in channels {
            guard let before = former.channels[name], let old = former.loaded.configuration?.channel(named: name),
                let new = loaded.configuration?.channel(named: name)
            else { continue }
            let isSameModule = before.module == entry.module && !otherwise.contains(entry.module)
            if isSameModule, old == new {
                channels[name] = before
                continue
            }
            let isSameProvider = isSameModule && old.configuration == new.configuration
            channels[name]?.revision = before.revision + 1
            channels[name]?.providerRevision = before.providerRevision + (isSameProvider ? 0 : 1)
        }
    }
}

extension RoutingTable {
    /// - Parameter absent: the channels that the host runs without.
    init(_ configuration: HostConfiguration, absent: Set<String>) {
        let routes = configuration.routes.map { route in
            (
                route.name,
                route.rules.map { rule in
                    Rule(
                        tags: Set(rule.condition.tags), prefixes: rule.condition.countries,
                        domains: Set(rule.condition.domains.map { $0.lowercased() }), channels: rule.channels)
                }
            )
        }
        self.init(
            channels: Set(configuration.channels.filter { $0.removal == nil }.map(\.name)).subtracting(absent),
            leaving: Set(configuration.channels.filter { $0.removal != nil }.map(\.name)),
            routes: Dictionary(routes, uniquingKeysWith: { first, _ in first }), absent: absent)
    }
}
