import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// What the sandbox is told when it starts.
struct SandboxSettings: Sendable {
    var plan: FaultPlan
    var callbacks: CallbackDispatcher.Limits
    var providers: ProviderSettings
}

/// The whole program but its command line: every provider behind one server.
struct Sandbox: Sendable {
    let engine: ProviderEngine
    private let providers: [any ProviderAPI]
    private let logger: Logger
    private let group: any EventLoopGroup

    init(
        settings: SandboxSettings, logger: Logger, group: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton
    ) throws {
        self.logger = logger
        self.group = group
        engine = ProviderEngine(settings: settings, logger: logger, group: group)
        providers = try settings.providers.providers(over: engine)
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
            services: [engine.sender] + providers.compactMap { $0 as? any Service },
            onServerRunning: { onRunning($0.localAddress) },
            eventLoopGroupProvider: .shared(group),
            logger: logger)
    }

    /// For people: the recipients that mean something to every provider.
    static var specialRecipients: String {
        let numbers = SpecialNumber.allCases.map { "  \($0.rawValue)  \($0.meaning)" }
        let mailboxes = SpecialMailbox.allCases.map { "  \($0.rawValue)@…  \($0.meaning)" }
        return (["Numbers with a meaning:"] + numbers + ["", "Mail addresses with a meaning:"] + mailboxes)
            .joined(separator: "\n")
    }

    private func router() -> Router<SandboxContext> {
        let router = Router(context: SandboxContext.self)
        router.get("/") { [engine, providers] request, _ in
            for provider in providers {
                if let answer = provider.answerAtRoot(request) { return answer }
            }
            let seed = "Provider sandbox, seed \(engine.plan.seed)"
            let parts = [seed] + providers.map(\.about) + [Self.specialRecipients]
            return Response.text(parts.joined(separator: "\n\n") + "\n")
        }
        router.get("health") { _, _ in Response.json(ByteBuffer(string: #"{"status":"ok"}"#)) }
        LedgerRoutes(ledger: engine.ledger) { [engine, providers] in
            engine.sender.discardAll()
            for provider in providers { provider.reset() }
        }.add(to: router)
        for provider in providers { provider.addRoutes(to: router) }
        return router
    }
}
