public import Accounts
public import ChannelSDK
public import Logging
public import Pipeline
public import Templates

/// What the API stands on. The host puts it together.
public struct APIDependencies: Sendable {
    public var channels: [String: APIChannel]
    public var routing: RoutingTable
    /// What requests may name as their `template`.
    public var templates: TemplateCatalog?
    /// The lists that recipients can opt out of: one for each module in use.
    public var optOutLists: Set<String>
    public var laws: LawBook
    public var intake: Intake
    public var finder: NotificationFinder
    public var log: any EventLog
    public var store: any NotificationStore
    public var clock: any WallClock
    /// Where providers reach this host, without a trailing slash: signatures cover it.
    public var publicURL: String
    /// The account of every request where there are no ``accounts``.
    public var account: String
    /// How reports for `POST /webhooks` are verified; nil: that address is closed.
    public var accountVerifier: (any WebhookVerifier)?
    /// Users and their credentials; nil: there are none, no addresses for them, and every request may do everything.
    public var accounts: AccountService?
    /// True while the store is too far behind the log to take more. Called for each request: it must be cheap.
    public var isOverloaded: @Sendable () -> Bool
    /// Why a channel sends nothing just now.
    public var obstacle: @Sendable (_ channel: String) -> Waiting?
    public var health: APIHealth
    public var metrics: APIMetrics
    public var limits: APILimits
    /// How many requests are taken from whom; nil: any number.
    public var limiter: RequestLimiter?
    /// The channels that call applications back: no request can name them, and a list shows theirs when asked to.
    public var callbacks: Set<String> = []
    /// Whose word about the callers behind them is taken.
    public var proxies = TrustedProxies()
    /// Has the host read its configuration anew; nil: it can't.
    public var reload: (@Sendable () async -> ReloadOutcome)?
    /// Counts the streams that are open, for all routers of a host.
    public var eventStreams = EventStreamCount()
    /// Counts the bodies that are being read, for all routers of a host.
    public var bodies = BodyBudget()
    public var description = DescriptionCache()
    /// What the addresses are known by at which recipients unsubscribe; nil: there are none.
    public var unsubscribeKeys: UnsubscribeKeys?
    public var logger: Logger

    public init(
        channels: [String: APIChannel], routing: RoutingTable, templates: TemplateCatalog? = nil,
        optOutLists: Set<String> = [], laws: LawBook,
        intake: Intake, finder: NotificationFinder, log: any EventLog, store: any NotificationStore,
        clock: any WallClock,
        publicURL: String, account: String = "default", accountVerifier: (any WebhookVerifier)? = nil,
        isOverloaded: @escaping @Sendable () -> Bool, obstacle: @escaping @Sendable (String) -> Waiting?,
        health: APIHealth, metrics: APIMetrics = APIMetrics(), limits: APILimits = APILimits(), logger: Logger
    ) {
        self.channels = channels
        self.routing = routing
        self.templates = templates
        self.optOutLists = optOutLists
        self.laws = laws
        self.intake = intake
        self.finder = finder
        self.log = log
        self.store = store
        self.clock = clock
        self.publicURL = publicURL
        self.account = account
        self.accountVerifier = accountVerifier
        self.isOverloaded = isOverloaded
        self.obstacle = obstacle
        self.health = health
        self.metrics = metrics
        self.limits = limits
        self.logger = logger
    }
}

/// What the API needs of a channel instance.
public struct APIChannel: Sendable {
    /// The module's name, by which templates know it.
    public var module: String
    public var validate: @Sendable (MessageContent) -> [FieldProblem]
    public var webhooks: any WebhookParser
    /// The channel where ``validate`` is to be asked in another way.
    public var isolated: (any IsolatedChannel)?
    /// Where its webhooks are to be taken in another way.
    public var gate: WebhookGate?

    public init(
        module: String, validate: @escaping @Sendable (MessageContent) -> [FieldProblem], webhooks: any WebhookParser
    ) {
        self.module = module
        self.validate = validate
        self.webhooks = webhooks
    }
}

public struct APILimits: Sendable, Hashable {
    /// Bytes of a request's body.
    public var maxBody: Int
    /// Bytes of a webhook's body.
    public var maxWebhookBody: Int
    /// Notifications in one batch.
    public var maxBatch: Int
    /// Bytes of a notification's attachments, all together.
    public var attachmentBytes: Int
    /// Consumers of `/events` at a time.
    public var maxEventStreams: Int
    /// Of those, of one account, where there are accounts.
    public var maxAccountEventStreams = 200
    /// Bytes of bodies that are being read and judged, of all requests together. The first 16 KiB of each are not counted.
    public var maxBodiesInMemory = 256 << 20
    /// Header fields of a request.
    public var maxHeaderFields = 100
    /// Bytes of a request's header fields, all together.
    public var maxHeaderBytes = 32 << 10
    /// How long the head of a connection's first request may take to arrive.
    public var headTime = Duration.seconds(15)
    /// How long the rest of a request may take to arrive.
    public var bodyTime = Duration.seconds(60)
    /// How long after an answer the head of another request may take to arrive.
    public var idleTime = Duration.seconds(60)

    public init(
        maxBody: Int = 8 << 20, maxWebhookBody: Int = 4 << 20, maxBatch: Int = 10_000,
        attachmentBytes: Int = 4 << 20, maxEventStreams: Int = 256
    ) {
        self.maxBody = maxBody
        self.maxWebhookBody = maxWebhookBody
        self.maxBatch = maxBatch
        self.attachmentBytes = attachmentBytes
        self.maxEventStreams = maxEventStreams
    }
}

/// How the host is, for `/health` and its relatives.
public struct APIHealth: Sendable {
    public struct Check: Sendable {
        public let name: String
        private let limit: Duration
        private let probe: Probe<String?>

        /// - Parameters:
        ///   - limit: how long the check may take: what answers later is not well.
        ///   - run: gives nil when all is well, otherwise what is wrong, for people.
        public init(
            _ name: String, within limit: Duration = .seconds(2), run: @escaping @Sendable () async -> String?
        ) {
            self.name = name
            self.limit = limit
            probe = Probe(limit: limit, ask: run)
        }

        /// Nil: all is well. Otherwise what is wrong, for people.
        public func run() async -> (trouble: String?, time: Duration) {
            let finding = await probe.finding()
            guard let answer = finding.answer else { return ("no answer within \(limit)", finding.time) }
            return (answer, finding.time)
        }
    }

    public var checks: [Check]
    /// False before the start is over and from the moment the shutdown begins.
    public var isReady: @Sendable () -> Bool

    public init(checks: [Check], isReady: @escaping @Sendable () -> Bool) {
        self.checks = checks
        self.isReady = isReady
    }
}
