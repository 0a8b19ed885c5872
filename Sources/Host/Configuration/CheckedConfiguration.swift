import Accounts
import ChannelSDK
import ConfigurationFile
import Logging
import Pipeline
import Templates

/// A file as `serve` reads it, and `check` with the very same steps: loaded, and every channel instance made.
struct CheckedConfiguration {
    let loaded: LoadedConfiguration
    let channels: [String: NotificationPipeline.ChannelEntry]
    let diagnostics: [Diagnostic]

    var hasErrors: Bool { loaded.configuration == nil || diagnostics.contains { $0.severity == .error } }

    static func load(path: String, environment: [String: String]) -> LoadedConfiguration {
        ConfigurationLoader(modules: ChannelModules.builtIn, environment: environment).load(path: path)
    }

    init(_ loaded: LoadedConfiguration, services: ChannelServices) {
        self.loaded = loaded
        let registry = ChannelRegistry(loaded, services: services)
        channels = registry.entries
        let trial = TemplateTrial(catalog: loaded.configuration?.templates?.catalog ?? .empty, channels: channels)
        diagnostics =
            loaded.diagnostics + TokenConfiguration.diagnostics(loaded) + registry.diagnostics
            + trial.diagnostics(loaded)
    }
}

extension RoutingTable {
    init(_ configuration: HostConfiguration) {
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
            channels: Set(configuration.channels.map(\.name)),
            routes: Dictionary(routes, uniquingKeysWith: { first, _ in first }))
    }
}
