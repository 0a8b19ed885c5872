import Hummingbird
import Logging
import NIOCore
import NIOPosix

/// What the sandbox is told when it starts.
struct SandboxSettings: Sendable {
    var plan: FaultPlan
    var callbacks: CallbackDispatcher.Limits
    var twilio: TwilioSettings
}

/// The whole program but its command line: every provider behind one server.
struct Sandbox: Sendable {
    let engine: ProviderEngine
    private let providers: [any ProviderAPI]
    private let logger: Logger
    private let group: any EventLoopGroup

    init(settings: SandboxSettings, logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton) {
        self.logger = logger
        self.group = group
        engine = ProviderEngine(settings: settings, logger: logger, group: group)
        providers = [TwilioAPI(settings: settings.twilio, engine: engine)]
    }

    /// - Parameter onRunning: called with the bound address once the server accepts connections.
    func application(
        listening address: BindAddress, onRunning: @escaping @Sendable (SocketAddress?) -> Void = { _ in }
    ) -> some ApplicationProtocol {
        Application(
            router: router(),
            server: .http1(
                configuration: .init(additionalChannelHandlers: [HalfClosureHandler()])),
            configuration: ApplicationConfiguration(address: address, serverName: "provider-sandbox"),
            services: [engine.sender],
            onServerRunning: { onRunning($0.localAddress) },
            eventLoopGroupProvider: .shared(group),
            logger: logger)
    }

    private func router() -> Router<SandboxContext> {
        let router = Router(context: SandboxContext.self)
        let about = (["Provider sandbox, seed \(engine.plan.seed)"] + providers.map(\.about)).joined(separator: "\n\n")
        router.get("/") { _, _ in Response.text(about + "\n") }
        router.get("health") { _, _ in Response.json(ByteBuffer(string: #"{"status":"ok"}"#)) }
        LedgerRoutes(ledger: engine.ledger) { [engine, providers] in
            engine.sender.discardAll()
            for provider in providers { provider.reset() }
        }.add(to: router)
        for provider in providers { provider.addRoutes(to: router) }
        return router
    }
}
