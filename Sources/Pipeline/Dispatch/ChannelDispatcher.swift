public import ChannelSDK
import Logging
import Synchronization

/// Sends one channel instance's deliveries: claims what is due, submits it, records how it ended. Three loops, each
/// handling whatever has gathered since its last turn: a slow channel holds up no other.
public final class ChannelDispatcher: Sendable {
    public struct Parts: Sendable {
        public var client: any DeliveryClient
        public var host: ChannelHost
        public var configuration: DispatchMachine.Configuration
        public var limits: [RateLimit]
        /// The longest that one send may take.
        public var timeout: Duration
        /// The list of recipients that nothing is sent to.
        public var optOutList: String
        /// Another number, another provider: what is known of the one before says nothing about it.
        public var providerRevision = 0
        /// Counts the channel's parts, this dispatcher's first ones as 0.
        fileprivate(set) var generation = 0
        public var store: any DispatchStore & OptOutStore
        public var log: any EventLog
        public var lease: OwnerLease
        public var metrics: DispatchMetrics

        public init(
            client: any DeliveryClient, host: ChannelHost, configuration: DispatchMachine.Configuration,
            limits: [RateLimit], timeout: Duration, optOutList: String, store: any DispatchStore & OptOutStore,
            log: any EventLog, lease: OwnerLease, metrics: DispatchMetrics
        ) {
            self.client = client
            self.host = host
            self.configuration = configuration
            self.limits = limits
            self.timeout = timeout
            self.optOutList = optOutList
            self.store = store
            self.log = log
            self.lease = lease
            self.metrics = metrics
        }
    }

    public let name: String
    private let clock: any WallClock
    private let changing: Mutex<Parts>
    private let machine: Mutex<DispatchMachine>
    private let lookUps = Mailbox<DispatchMachine.LookUp>()
    private let outbox = Mailbox<ClaimedDelivery>()
    private let ends = Mailbox<EndedBatch>()
    private let permits = Mutex(PermitPurse())
    private let restoration = Mutex<Restoration?>(nil)
    private let isRunning = Atomic(false)
    /// Claims whose attempt has not ended durably.
    private let held = Mutex<Set<DeliveryID>>([])

    public init(_ parts: Parts) {
        name = parts.host.channel
        clock = parts.host.clock
        changing = Mutex(parts)
        machine = Mutex(DispatchMachine(parts.configuration))
    }

    /// As they are now: whoever begins something goes on with what was at its beginning.
    private var parts: Parts { changing.withLock { $0 } }

    /// Sends with these from now on. What is in flight ends as it began, and keeps its places until then, so that no more
    /// is sent at once than before or after.
    func change(to parts: Parts) {
        let former = changing.withLock { current in
            let former = current
            current = parts
            current.generation = former.generation + 1
            return former
        }
        if former.limits != parts.limits { permits.withLock { $0 = PermitPurse() } }
        let isSameProvider = former.providerRevision == parts.providerRevision
        machine.withLock { $0.change(to: parts.configuration, isSameProvider: isSameProvider) }
        tick()
    }

    // MARK: For the other stages

    /// Room for deliveries that are new; a limited channel gives none, and neither does one that does not run yet: their
    /// deliveries pass through the store.
    func reserve(_ wanted: Int) -> Int {
        guard parts.limits.isEmpty, isRunning.load(ordering: .relaxed) else { return 0 }
        return machine.withLock { $0.reserve(wanted, now: now) }
    }

    func hand(_ claimed: [ClaimedDelivery], unused: Int) {
        machine.withLock { $0.giveBack(unused) }
        guard !claimed.isEmpty else { return closeIfIdle() }
        handle(.handed(claimed.count))
        take(claimed)
    }

    public func wake(due: Timestamp) { handle(.ready(due)) }

    public func tick() { handle(.tick) }

    /// Why nothing is sent just now; nil: nothing stands in the way.
    public var obstacle: Waiting? { machine.withLock { $0.obstacle(at: now) } }

    public var inFlight: Int { machine.withLock { $0.busy } }

    public var breakerState: CircuitBreaker.State { machine.withLock { $0.breaker.state } }

    /// True while it pauses because the provider asked for less.
    public var isThrottled: Bool { obstacle?.reason == .throttled }

    /// True from the moment the delivery's claim is known here until its attempt has ended durably.
    func holds(_ delivery: DeliveryID) -> Bool { held.withLock { $0.contains(delivery) } }

    private func take(_ claimed: [ClaimedDelivery]) {
        held.withLock { held in
            for claim in claimed { held.insert(claim.delivery) }
        }
        outbox.put(claimed)
    }

    // MARK: Life

    /// To be told before ``run()``: what fell due before the store was restored is not simply sent.
    func begin(after restoration: Restoration?) { self.restoration.withLock { $0 = restoration } }

    /// Runs until ``stop()`` and until every attempt under way has ended and is durable.
    public func run() async {
        isRunning.store(true, ordering: .relaxed)
        await withTaskGroup { group in
            group.addTask { await self.claimLoop() }
            group.addTask { await self.sendLoop() }
            group.addTask { await self.recordLoop() }
        }
    }

    /// Claims nothing more. ``run()`` ends when what is in flight has ended.
    public func stop() {
        handle(.stop)
        lookUps.close()
        closeIfIdle()
    }

    private var now: Timestamp { clock.now() }

    private func handle(_ event: DispatchMachine.Event) {
        if let lookUp = machine.withLock({ $0.handle(event, now: now) }) { lookUps.put(lookUp) }
    }

    private func closeIfIdle() {
        guard machine.withLock({ $0.isDrained }) else { return }
        outbox.close()
        ends.close()
    }

    // MARK: Claiming

    private func claimLoop() async {
        var fairShare = FairShare()
        while let batch = await lookUps.takeAll() {
            for lookUp in batch { await claim(lookUp, &fairShare) }
            closeIfIdle()
        }
        closeIfIdle()
    }

    private func claim(_ lookUp: DispatchMachine.LookUp, _ fairShare: inout FairShare) async {
        let start = now
        let parts = parts
        do {
            let shares = try await parts.store.readyShares(
                of: name, at: start, after: fairShare.lastAccount, limit: 64)
            // Only for what is there: permits are not for keeping.
            let room = await takePermits(shares.isEmpty ? 0 : lookUp.room, parts)
            guard shares.isEmpty || room.granted > 0 else {
                return handle(.lookedUp(claimed: 0, nextDue: now + (room.retryAfter ?? .milliseconds(100))))
            }
            // Places that stay free for want of permits are kept free as well as any.
            let reserve = max(0, lookUp.reserve - (lookUp.room - room.granted))
            let picks = fairShare.picks(shares, room: room.granted, reserve: reserve)
            let claimed =
                picks.isEmpty
                ? []
                : try await parts.store.claim(
                    ClaimOrder(channel: name, owner: parts.lease.owner, now: now, picks: picks))
            permits.withLock { $0.settle(granted: room.granted, used: claimed.count, at: now) }
            let nextDue = claimed.isEmpty ? try await parts.store.nextDue(of: name) : now
            // What only the urgent reserve has room for is looked at again when a place becomes free, not at once. Counted
            // from the moment that was looked at: what has fallen due since then is.
            let pause = start + .milliseconds(20)
            handle(.lookedUp(claimed: claimed.count, nextDue: nextDue.map { claimed.isEmpty ? max($0, pause) : $0 }))
            take(claimed)
        } catch {
            parts.host.logger.warning("could not claim deliveries; trying again", metadata: ["error": "\(error)"])
            handle(.lookUpFailed)
        }
    }

    private func takePermits(_ wanted: Int, _ parts: Parts) async -> RateLimitGrant {
        guard !parts.limits.isEmpty else { return RateLimitGrant(granted: wanted, retryAfter: nil) }
        let drawn = permits.withLock { $0.draw(for: wanted, at: now) }
        guard drawn.toAsk > 0 else { return RateLimitGrant(granted: drawn.here, retryAfter: nil) }
        let grant = await parts.host.rateLimiter.take(drawn.toAsk, of: "channel:\(name)", under: parts.limits)
        parts.metrics.asked(for: drawn.toAsk, granted: grant.granted)
        return RateLimitGrant(granted: drawn.here + grant.granted, retryAfter: grant.retryAfter)
    }

    // MARK: Sending

    private func sendLoop() async {
        while let claimed = await outbox.takeAll() { await sender(parts).send(claimed) }
    }

    private func sender(_ parts: Parts) -> DeliverySender {
        let screen = OptOutScreen(list: parts.optOutList, store: parts.store, logger: parts.host.logger) {
            self.machine.withLock { $0.isStopped }
        }
        return DeliverySender(
            name: name, parts: parts, screen: screen, restoration: restoration.withLock { $0 }
        ) { self.report($0, parts) }
    }

    private func report(_ ended: EndedAttempts, _ parts: Parts) {
        permits.withLock { $0.putBack(ended.ends.count { $0.isRefusal }, at: now) }
        ends.put(
            EndedBatch(attempts: ended, providerRevision: parts.providerRevision, generation: parts.generation))
    }

    // MARK: Recording

    private func recordLoop() async {
        while let gathered = await ends.takeAll() {
            let all = await gathered.judged()
            let (now, parts) = (now, parts)
            let ended = all.map(\.end)
            var batch = RecordBatch()
            for end in ended { end.report(at: now).append(to: &batch) }
            await record(batch, parts)
            parts.metrics.count(ended)
            held.withLock { held in
                for end in ended { held.remove(end.claim.delivery) }
            }
            let revision = self.parts.providerRevision
            let current = all.filter { $0.providerRevision == revision }.map(\.end)
            if current.count < all.count { handle(.endedElsewhere(all.count - current.count)) }
            handle(.ended(current))
            closeIfIdle()
        }
    }

    /// An outcome must not be lost: it is offered until the log takes it. Meanwhile the places stay taken.
    private func record(_ batch: RecordBatch, _ parts: Parts) async {
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await parts.log.append(batch, to: .deliveryReport)
            } catch {
                parts.host.logger.warning("could not record outcomes; trying again", metadata: ["error": "\(error)"])
                guard (try? await Task.sleep(for: pause)) != nil else { return }
                pause = min(pause * 2, .seconds(2))
            }
        }
    }
}
