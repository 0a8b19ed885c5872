public import ChannelSDK
public import CoreMetrics
public import Logging

/// All stages of the flow, put together: intake → projector → dispatchers → correlator → applier, over the ports.
public final class NotificationPipeline: Sendable {
    public struct Roles: OptionSet, Sendable, Hashable {
        public let rawValue: Int
        public init(rawValue: Int) { self.rawValue = rawValue }

        /// Projects what is accepted, and sends it.
        public static let dispatch = Roles(rawValue: 1)
        /// Reads webhooks and keeps the statuses.
        public static let status = Roles(rawValue: 2)
        public static let all: Roles = [.dispatch, .status]
    }

    /// One configured channel instance.
    public struct ChannelEntry: Sendable {
        public var channel: any RunningChannel
        /// The module's name.
        public var module: String
        public var host: ChannelHost
        public var law: ChannelLaw
        public var dispatch: DispatchMachine.Configuration
        public var limits: [RateLimit]
        public var timeout: Duration
        /// Who has opted out of one channel of this list has opted out of all: it is named for the module.
        public var optOutList: String

        public init(
            channel: any RunningChannel, module: String, host: ChannelHost, law: ChannelLaw,
            dispatch: DispatchMachine.Configuration,
            limits: [RateLimit], timeout: Duration
        ) {
            self.channel = channel
            self.module = module
            self.host = host
            self.law = law
            self.dispatch = dispatch
            self.limits = limits
            self.timeout = timeout
            optOutList = module
        }
    }

    public struct Configuration: Sendable {
        public var roles: Roles = .all
        /// True when other replicas work on the same log and store.
        public var sharesWork = false
        /// How long a report may wait for its delivery to be known.
        public var parkedFor: Duration = .seconds(24 * 3600)
        public var housekeepingPeriod: Duration = .seconds(1)
        public var leaseDuration: Duration = .seconds(60)
        /// After which an own claim that no dispatcher knows of is given back; longer than any answer of the store takes.
        public var strayAge: Duration = .seconds(45)
        /// When settled notifications are removed, by replicas that keep the statuses; nil: never. The same for all.
        public var retention: RetentionPace.Configuration?

        public init() {}
    }

    public let intake: Intake
    public let finder: NotificationFinder
    public let laws: LawBook
    public let dispatchers: [String: ChannelDispatcher]
    public let progress: ProjectionProgress
    public let stageStatus: [Stage: StageStatus]
    public let log: any EventLog
    public let store: any NotificationStore

    private let configuration: Configuration
    private let parsers: [String: any WebhookParser]
    private let optOutLists: [String: String]
    private let metrics: StageMetrics
    private let lease: OwnerLease
    private let clock: any WallClock
    private let logger: Logger
    private let stops: [StageStop] = [StageStop(), StageStop(), StageStop()]

    public init(
        channels: [String: ChannelEntry], log: any EventLog, store: any NotificationStore, clock: any WallClock,
        owner: OwnerID, logger: Logger, configuration: Configuration = Configuration(),
        metrics factory: any MetricsFactory = NOOPMetricsHandler.instance
    ) {
        self.log = log
        self.store = store
        self.clock = clock
        self.logger = logger
        self.configuration = configuration
        let lease = OwnerLease(owner: owner)
        self.lease = lease
        laws = LawBook(channels.mapValues(\.law))
        parsers = channels.mapValues(\.channel.webhooks)
        optOutLists = channels.mapValues(\.optOutList)
        dispatchers = channels.mapValues { entry in
            ChannelDispatcher(
                .init(
                    client: entry.channel.delivery, host: entry.host, configuration: entry.dispatch,
                    limits: entry.limits, timeout: entry.timeout, optOutList: entry.optOutList, store: store, log: log,
                    lease: lease, metrics: DispatchMetrics(channel: entry.host.channel, factory)))
        }
        metrics = StageMetrics(channels: channels.mapValues(\.law.order), factory)
        let lookUp: @Sendable () async throws -> [Int: Int64] = { try await store.projectedOffsets() }
        let progress = ProjectionProgress(lookUp: configuration.sharesWork ? lookUp : nil)
        self.progress = progress
        intake = Intake(log: log, metrics: IntakeMetrics(factory))
        finder = NotificationFinder(log: log, store: store, progress: progress)
        stageStatus = Dictionary(uniqueKeysWithValues: Stage.allCases.map { ($0, StageStatus()) })
    }

    /// Runs the stages of this replica's roles until ``stop()``.
    public func run() async throws {
        let wasClean = try await store.beginRun()
        if !wasClean {
            logger.notice("the last run ended without notice: what was under way then is looked at record by record")
        }
        let restoration = try await store.restoration()
        for dispatcher in dispatchers.values { dispatcher.begin(after: restoration) }
        let housekeeper = Housekeeper(
            log: log, store: store, lease: lease, clock: clock, logger: logger, parkedFor: configuration.parkedFor,
            period: configuration.housekeepingPeriod, leaseDuration: configuration.leaseDuration,
            strayAge: configuration.strayAge, metrics: metrics)
        await housekeeper.renewLease()
        await withTaskGroup { group in
            let housekeeping = Task { await housekeeper.run(dispatchers: Array(dispatchers.values)) }
            let ticking = Task { await tick() }
            let removing = retention.map { retention in Task { await retention.run() } }
            if configuration.roles.contains(.dispatch) {
                let replay = restoration.map { Replay(log: log, restoredAt: $0.at, logger: logger) }
                addDispatch(to: &group, isCareful: !wasClean, after: replay)
            }
            if configuration.roles.contains(.status) {
                addStatus(to: &group, isCareful: !wasClean, isRestored: restoration != nil)
            }
            await group.waitForAll()
            housekeeping.cancel()
            ticking.cancel()
            removing?.cancel()
            await housekeeping.value
            await ticking.value
            await removing?.value
        }
        try await store.endRun()
    }

    /// Takes nothing new, lets what is in flight end, records it, and ends ``run()``. What is not applied by then is
    /// applied by the next run.
    public func stop() async {
        stops[0].stop()
        for dispatcher in dispatchers.values { dispatcher.stop() }
        for stop in stops.dropFirst() { stop.stop() }
    }

    private var retention: Retention? {
        guard configuration.roles.contains(.status), let pace = configuration.retention else { return nil }
        return Retention(store: store, clock: clock, configuration: pace, logger: logger)
    }

    private func addDispatch(to group: inout TaskGroup<Void>, isCareful: Bool, after replay: Replay?) {
        let replaying = replay.map { replay in Task { await replay.finish() } }
        if let replaying { _ = stops[0].onStop { replaying.cancel() } }
        for dispatcher in dispatchers.values {
            group.addTask {
                await replaying?.value
                await dispatcher.run()
            }
        }
        let worker = ProjectorWorker(
            log: log, store: store, laws: laws, owner: lease.owner, dispatchers: dispatchers, progress: progress,
            clock: clock, retention: configuration.retention?.age, metrics: metrics)
        let runner = runner(worker, isCareful)
        group.addTask { [stop = stops[0]] in await runner.run(until: stop) }
    }

    private func addStatus(to group: inout TaskGroup<Void>, isCareful: Bool, isRestored: Bool) {
        let correlator = runner(
            CorrelatorWorker(
                log: log, store: store, parsers: parsers, optOutLists: optOutLists, metrics: metrics), isCareful)
        group.addTask { [stop = stops[1]] in await correlator.run(until: stop) }
        let applier = runner(
            ApplierWorker(
                log: log, store: store, laws: laws, dispatchers: dispatchers, followsProjection: isRestored,
                clock: clock,
                metrics: metrics), isCareful)
        group.addTask { [stop = stops[2]] in await applier.run(until: stop) }
    }

    private func runner<Worker: StageWorker>(_ worker: Worker, _ isCareful: Bool) -> StageRunner<Worker> {
        var logger = logger
        logger[metadataKey: "stage"] = "\(worker.stage.rawValue)"
        return StageRunner(
            worker: worker, log: log, store: store, isCareful: isCareful, logger: logger,
            status: stageStatus[worker.stage] ?? StageStatus())
    }

    /// Retries, pauses and trials come due by the clock.
    private func tick() async {
        while (try? await Task.sleep(for: .milliseconds(25))) != nil {
            for dispatcher in dispatchers.values { dispatcher.tick() }
        }
    }
}
