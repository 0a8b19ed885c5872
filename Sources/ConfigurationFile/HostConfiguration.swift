public import ChannelSDK

/// Everything that `channels.yaml` says, checked and typed.
public struct HostConfiguration: Sendable {
    public var server: ServerConfiguration
    /// Nil: whoever reaches the host may do everything. It listens on a loopback address then.
    public var auth: AuthConfiguration?
    public var storage: StorageConfiguration
    /// With ``postgres``: log and store at scale, in the place of ``storage``.
    public var kafka: KafkaConfiguration?
    public var postgres: PostgresConfiguration?
    public var redis: RedisConfiguration?
    public var log: LogConfiguration
    public var limits: LimitsConfiguration
    public var apiLimits: APILimitsConfiguration
    public var retention: RetentionConfiguration
    public var webhooks: WebhooksConfiguration
    /// Nil: the host has no unsubscribe addresses.
    public var unsubscribe: UnsubscribeConfiguration?
    public var templates: TemplatesConfiguration?
    /// Those that channels can name: the host's own, and what the file adds to them.
    public var modules: [ChannelModule]
    /// Libraries with modules, in the file's order.
    public var plugins: [PluginConfiguration]
    /// In the file's order.
    public var channels: [ChannelInstance]
    /// Channels of the file that the host runs without, by name, and why.
    public var absentChannels: [String: String]
    /// In the file's order.
    public var routes: [Route]
    /// In the file's order.
    public var callbacks: [CallbackConfiguration] = []

    /// The defaults, without channels and routes.
    public init() {
        server = ServerConfiguration()
        storage = StorageConfiguration()
        log = LogConfiguration()
        limits = LimitsConfiguration()
        apiLimits = APILimitsConfiguration()
        retention = RetentionConfiguration()
        webhooks = WebhooksConfiguration()
        modules = []
        plugins = []
        channels = []
        absentChannels = [:]
        routes = []
    }

    public func channel(named name: String) -> ChannelInstance? { channels.first { $0.name == name } }
}

extension HostConfiguration {
    init(_ section: inout Section, plugins: PluginReader) {
        server = section.section("server", "Where the host listens.") { ServerConfiguration(&$0) }
        auth = section.optionalSection("auth", "Who may use the API; without it, only this machine can reach it.") {
            AuthConfiguration(&$0)
        }
        Self.checkReach(of: server, section)
        storage = section.section("storage", "Where the host keeps its data.") { StorageConfiguration(&$0) }
        kafka = section.optionalSection("kafka", "The log at scale; needs 'postgres'.") { KafkaConfiguration(&$0) }
        postgres = section.optionalSection("postgres", "The store at scale; needs 'kafka'.") {
            PostgresConfiguration(&$0)
        }
        redis = section.optionalSection("redis", "The cache and the rate limits that replicas share.") {
            RedisConfiguration(&$0)
        }
        Self.checkTogether(section)
        log = section.section("log", "What the host logs.") { LogConfiguration(&$0) }
        limits = section.section("limits", "How much the host takes on.") { LimitsConfiguration(&$0) }
        Self.checkBodies(limits, server, section)
        let isOpen = !section.has("auth")
        apiLimits = section.section("api_limits", "How many requests the API takes from one caller.") {
            APILimitsConfiguration(&$0, isOpen: isOpen)
        }
        retention = section.section("retention", "How long the host keeps what is done.") {
            RetentionConfiguration(&$0)
        }
        webhooks = section.section("webhooks", "Reports from providers without an API of their own.") {
            WebhooksConfiguration(&$0)
        }
        unsubscribe = section.optionalSection("unsubscribe", "Addresses of this host by which mails are unsubscribed.")
        {
            UnsubscribeConfiguration(&$0)
        }
        templates = section.optionalSection("templates", "The texts that requests name as their 'template'.") {
            TemplatesConfiguration(&$0)
        }
        self.plugins = plugins.plugins
        let declared = DeclaredModule.all(in: &section, besides: plugins.modules.map(\.descriptor))
        modules = plugins.modules + declared.map(\.module)
        (channels, absentChannels) = ChannelInstance.all(
            in: &section, modules: modules.map(\.descriptor).filter { $0.name != CallbackConfiguration.module },
            absences: plugins.absences)
        Self.limit(&channels, by: declared, section.check)
        let leaving = channels.filter { $0.removal != nil }.map(\.name)
        routes = Route.all(in: &section, leaving: Set(leaving))
        callbacks = CallbackConfiguration.all(in: &section, channels: channels, modules: modules)
    }

    /// A declared module's rates are those of its channels that have none of their own.
    private static func limit(_ channels: inout [ChannelInstance], by modules: [DeclaredModule], _ check: FileCheck) {
        for index in channels.indices where check.positions["channels.\(channels[index].name).rate_limit"] == nil {
            let module = modules.first { $0.module.descriptor.name == channels[index].module }
            channels[index].rateLimits = module?.rateLimits ?? channels[index].rateLimits
        }
    }

    /// Without accounts everybody who reaches the host is its operator.
    private static func checkReach(of server: ServerConfiguration, _ section: Section) {
        guard !section.has("auth"), !server.isOnLoopback else { return }
        section.check.error(
            "server.host is not this machine's own address, and without 'auth' whoever reaches it may send: "
                + "add an 'auth' block with a secret (docs/accounts.md), or let server.host be 127.0.0.1",
            at: section.check.positions["server.host"] ?? section.position(of: "server"))
    }

    /// A body that is taken alone must be taken at all.
    private static func checkBodies(
        _ limits: LimitsConfiguration, _ server: ServerConfiguration, _ section: Section
    ) {
        guard limits.bodyMemory < server.maxBody else { return }
        section.check.error(
            "limits.body_memory is less than one request may have (server.max_body): raise it, or lower server.max_body",
            at: section.check.positions["limits.body_memory"] ?? section.check.positions["server.max_body"]
                ?? section.position(of: "limits"))
    }

    /// The embedded store is the log's other half, and Kafka's other half is PostgreSQL.
    private static func checkTogether(_ section: Section) {
        for (one, other) in [("kafka", "postgres"), ("postgres", "kafka")]
        where section.has(one) && !section.has(other) {
            section.check.error(
                "'\(one)' needs '\(other)': the log and the store at scale go together; add it, or remove '\(one)'",
                at: section.position(of: one))
        }
        if section.has("kafka"), section.has("storage") {
            section.check.warning(
                "'storage' is not used: the log is in Kafka and the store in PostgreSQL; remove it",
                at: section.position(of: "storage"))
        }
    }
}
