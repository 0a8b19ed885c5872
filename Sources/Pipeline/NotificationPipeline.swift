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
        /// How long a report may wait for its delivery to be known.
        public var parkedFor: Duration = .seconds(24 * 3600)
        /// To be raised with every change of anything here: an entry of the same revision is the same.
        public var revision = 0
        /// To be raised when messages go to somebody else, or as somebody else.
        public var providerRevision = 0

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
        public var housekeepingPeriod: Duration = .seconds(1)
        public var leaseDuration: Duration = .seconds(60)
        /// After which an own claim that no dispatcher knows of is given back; longer than any answer of the store takes.
        public var strayAge: Duration = .seconds(45)
        /// When settled notifications are removed, by replicas that keep the statuses; nil: never. The same for all.
        public var retention: RetentionPace.Configuration?
        /// Each has a channel of its own among the pipeline's channels. Replicas that keep the statuses feed them.
        public var callbacks: [CallbackSubscription] = []

        public init() {}
    }

    public let intake: Intake
    public let finder: NotificationFinder
    public let progress: ProjectionProgress
    public let stageStatus: [Stage: StageStatus]
    public let log: any EventLog
    public let store: any NotificationStore

    private let configuration: Configuration
    let board: ChannelBoard
    let factory: any MetricsFactory
    let lease: OwnerLease
    private let clock: any WallClock
    private let logger: Logger
    private let stops: [StageStop] = [StageStop(), StageStop(), StageStop(), StageStop()]

    /// - Parameter graphs: those that channels have had until now.
    public init(
        channels: [String: ChannelEntry], graphs: [StoredGraph] = [], log: any EventLog, store: any NotificationStore,
        clock: any WallClock,
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
        self.factory = factory
        let dispatchers = channels.mapValues { entry in
            ChannelDispatcher(.init(entry, store: store, log: log, lease: lease, factory))
        }
        board = ChannelBoard(
            ChannelTable(
                channels, dispatchers: dispatchers, archive: GraphArchive(graphs), after: [], factory))
        let lookUp: @Sendable () async throws -> [Int: Int64] = { try await store.projectedOffsets() }
        let progress = ProjectionProgress(lookUp: configuration.sharesWork ? lookUp : nil)
        self.progress = progress
        intake = Intake(log: log, metrics: IntakeMetrics(factory))
        finder = NotificationFinder(log: log, store: store, progress: progress)
        stageStatus = Dictionary(uniqueKeysWithValues: Stage.allCases.map { ($0, StageStatus()) })
    }

    /// Runs the stages of this replica's roles until ``stop()``; a task that is cancelled stops them as well.
    public func run() async throws {
        try await withTaskCancellationHandler {
            try await work()
        } onCancel: {
            stop()
        }
    }

    private func work() async throws {
        let wasClean = try await store.beginRun()
        if !wasClean {
            logger.notice("the last run ended without notice: what was under way then is looked at record by record")
        }
        let restoration = try await store.restoration()
        board.begin(after: restoration)
        let housekeeper = Housekeeper(
            log: log, store: store, lease: lease, clock: clock, logger: logger, channels: board,
            period: configuration.housekeepingPeriod, leaseDuration: configuration.leaseDuration,
            strayAge: configuration.strayAge)
        await housekeeper.renewLease()
        await withTaskGroup { group in
            let housekeeping = Task { await housekeeper.run() }
            let ticking = Task { await tick() }
            let removing = retention.map { retention in Task { await retention.run() } }
            if configuration.roles.contains(.dispatch) {
                let replay = restoration.map { Replay(log: log, restoredAt: $0.at, logger: logger) }
                addDispatch(to: &group, isCareful: !wasClean, after: replay)
            }
            if configuration.roles.contains(.status) {
                addStatus(to: &group, isCareful: !wasClean, isRestored: restoration != nil)
            }
            // A replica that only answers requests has no stage, and goes on all the same.
            group.addTask { [stop = stops[0]] in await stop.wait() }
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
    public func stop() {
        stops[0].stop()
        board.stop()
        for stop in stops.dropFirst() { stop.stop() }
    }

    private var retention: Retention? {
        guard configuration.roles.contains(.status), let pace = configuration.retention else { return nil }
        return Retention(store: store, clock: clock, configuration: pace, logger: logger)
    }

    private func addDispatch(to group: inout TaskGroup<Void>, isCareful: Bool, after replay: Replay?) {
        let replaying = replay.map { replay in Task { await replay.finish() } }
        if let replaying { _ = stops[0].onStop { replaying.cancel() } }
        group.addTask {
            await replaying?.value
            await self.board.run()
        }
        let worker = ProjectorWorker(
            log: log, store: store, channels: board, owner: lease.owner, progress: progress, clock: clock,
            retention: configuration.retention?.age)
        let runner = runner(worker, isCareful)
        group.addTask { [stop = stops[0]] in await runner.run(until: stop) }
    }

    private func addStatus(to group: inout TaskGroup<Void>, isCareful: Bool, isRestored: Bool) {
        let correlator = runner(CorrelatorWorker(log: log, store: store, channels: board), isCareful)
        group.addTask { [stop = stops[1]] in await correlator.run(until: stop) }
        let applier = runner(
            ApplierWorker(
                log: log, store: store, channels: board, followsProjection: isRestored, clock: clock), isCareful)
        group.addTask { [stop = stops[2]] in await applier.run(until: stop) }
        guard feedsCallbacks else { return }
        let callbacks = runner(
            CallbackWorker(
                log: log, subscriptions: configuration.callbacks, clock: clock, metrics: board.table.metrics),
            isCareful)
        group.addTask { [stop = stops[3]] in await callbacks.run(until: stop) }
    }

    /// Whether this replica reads the public changes for those who want to be called back.
    public var feedsCallbacks: Bool { configuration.roles.contains(.status) && !configuration.callbacks.isEmpty }

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
            board.tick()
        }
    }
}
