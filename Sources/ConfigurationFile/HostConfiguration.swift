internal import ChannelSDK

/// Everything that `channels.yaml` says, checked and typed.
public struct HostConfiguration: Sendable {
    public var server: ServerConfiguration
    public var storage: StorageConfiguration
    public var log: LogConfiguration
    public var limits: LimitsConfiguration
    public var webhooks: WebhooksConfiguration
    /// In the file's order.
    public var channels: [ChannelInstance]
    /// In the file's order.
    public var routes: [Route]

    /// The defaults, without channels and routes.
    public init() {
        server = ServerConfiguration()
        storage = StorageConfiguration()
        log = LogConfiguration()
        limits = LimitsConfiguration()
        webhooks = WebhooksConfiguration()
        channels = []
        routes = []
    }

    public func channel(named name: String) -> ChannelInstance? { channels.first { $0.name == name } }
}

extension HostConfiguration {
    init(_ section: inout Section, modules: [ChannelDescriptor]) {
        server = section.section("server", "Where the host listens.") { ServerConfiguration(&$0) }
        storage = section.section("storage", "Where the host keeps its data.") { StorageConfiguration(&$0) }
        log = section.section("log", "What the host logs.") { LogConfiguration(&$0) }
        limits = section.section("limits", "How much the host takes on.") { LimitsConfiguration(&$0) }
        webhooks = section.section("webhooks", "Reports from providers without an API of their own.") {
            WebhooksConfiguration(&$0)
        }
        channels = ChannelInstance.all(in: &section, modules: modules)
        routes = Route.all(in: &section)
    }
}
