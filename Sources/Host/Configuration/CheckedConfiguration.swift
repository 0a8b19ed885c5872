import Accounts
import ChannelSDK
import ConfigurationFile
import Logging
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
        ConfigurationLoader(
            modules: ChannelModules.builtIn,
            libraries: { (path, sha256) throws(LibraryRefusal) in try ChannelLibrary.load(path: path, sha256: sha256) },
            environment: environment
        ).load(path: path)
    }

    init(_ loaded: LoadedConfiguration, services: ChannelServices) {
        self.loaded = loaded
        let registry = ChannelRegistry(loaded, services: services)
        channels = registry.entries
        absent = registry.absent
        let trial = TemplateTrial(catalog: loaded.configuration?.templates?.catalog ?? .empty, channels: channels)
        diagnostics =
            loaded.diagnostics + TokenConfiguration.diagnostics(loaded) + registry.diagnostics
            + trial.diagnostics(loaded)
    }
}

extension CheckedConfiguration {
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
