import ChannelSDK
import Logging

/// What time brings about: leases renewed, claims of the dead taken over, deliveries closed, waiting reports let go.
///
/// Each finding becomes a record on `delivery.report`; only the applier acts on it. Records repeat harmlessly, so
/// several replicas may keep house at once.
struct Housekeeper: Sendable {
    let log: any EventLog
    let store: any NotificationStore
    let lease: OwnerLease
    let clock: any WallClock
    let logger: Logger
    let channels: ChannelBoard
    let period: Duration
    let leaseDuration: Duration
    /// Longer than any answer of the store can take.
    let strayAge: Duration

    private static let limit = 1000

    /// Findings whose record is in the log but may not be applied yet are not recorded again so soon.
    private struct Recent {
        var claims: [Claim: Timestamp] = [:]
        var settlements: [DeliveryID: Timestamp] = [:]
        var cancels: [DeliveryID: Timestamp] = [:]
        /// Own claims that no dispatcher knows of, since they were first seen so.
        var strays: [Claim: ContinuousClock.Instant] = [:]
        var straysLookedFor: ContinuousClock.Instant?

        mutating func forget(before moment: Timestamp) {
            claims = claims.filter { $0.value > moment }
            settlements = settlements.filter { $0.value > moment }
            cancels = cancels.filter { $0.value > moment }
        }
    }

    func run() async {
        var recent = Recent()
        while !Task.isCancelled {
            await renewLease()
            do {
                recent.forget(before: clock.now() - .seconds(30))
                try await takeOverClaims(&recent)
                try await releaseStrayClaims(&recent)
                try await closeDeliveries(&recent)
                try await finishCancels(&recent)
                try await releaseReports()
                try await buryReports()
            } catch {
                logger.warning("housekeeping failed; trying again", metadata: ["error": "\(error)"])
            }
            guard (try? await Task.sleep(for: period)) != nil else { return }
        }
    }

    func renewLease() async {
        let start = ContinuousClock.now
        do {
            try await store.renewLease(of: lease.owner, for: leaseDuration)
            lease.renewed(for: leaseDuration, since: start)
        } catch {
            logger.warning("the lease could not be renewed; no sends begin without it", metadata: ["error": "\(error)"])
        }
    }

    private func takeOverClaims(_ recent: inout Recent) async throws {
        let now = clock.now()
        let claims = try await store.abandonedClaims(limit: Self.limit).filter {
            recent.claims[$0] == nil && $0.owner != lease.owner
        }
        guard !claims.isEmpty else { return }
        var batch = RecordBatch()
        for claim in claims {
            DeliveryReport(delivery: claim.delivery, at: now, event: .claimLost(attempt: claim.attempt, claim.errand))
                .append(to: &batch)
        }
        try await log.append(batch, to: .deliveryReport)
        for claim in claims { recent.claims[claim] = now }
        logger.notice("took over claims of a sender that is gone", metadata: ["count": "\(claims.count)"])
    }

    /// A claim or projection can be committed although its answer is lost: then the claims are ours, and nobody knows of
    /// them. Known for longer than any answer can take, they are given back.
    private func releaseStrayClaims(_ recent: inout Recent) async throws {
        let start = ContinuousClock.now
        guard (recent.straysLookedFor.map { $0 + .seconds(5) <= start }) ?? true else { return }
        recent.straysLookedFor = start
        let owned = try await store.claims(of: lease.owner, limit: Self.limit)
        // Those too that only end what they have in flight.
        let dispatchers = channels.dispatchers
        let claims = owned.filter { claim in
            !dispatchers.contains { $0.holds(claim.delivery) }
        }
        recent.strays = claims.reduce(into: [:]) { $0[$1] = recent.strays[$1] ?? start }
        let strays = claims.filter { (recent.strays[$0] ?? start) + strayAge <= start }
        guard !strays.isEmpty else { return }
        let now = clock.now()
        var batch = RecordBatch()
        for claim in strays {
            DeliveryReport(
                delivery: claim.delivery, at: now, event: .claimReleased(attempt: claim.attempt, claim.errand)
            ).append(to: &batch)
        }
        try await log.append(batch, to: .deliveryReport)
        for claim in strays { recent.strays[claim] = start }
        logger.notice("gave back claims whose answers were lost", metadata: ["count": "\(strays.count)"])
    }

    private func closeDeliveries(_ recent: inout Recent) async throws {
        let now = clock.now()
        let due = try await store.dueSettlements(at: now, limit: Self.limit).filter { recent.settlements[$0] == nil }
        guard !due.isEmpty else { return }
        var batch = RecordBatch()
        for delivery in due {
            DeliveryReport(delivery: delivery, at: now, event: .settleDue).append(to: &batch)
        }
        try await log.append(batch, to: .deliveryReport)
        for delivery in due { recent.settlements[delivery] = now }
    }

    /// Whoever held a delivery for its cancel may have gone before the cancel was in the log.
    private func finishCancels(_ recent: inout Recent) async throws {
        let now = clock.now()
        let held = try await store.heldForCancel(atLeast: .seconds(10), limit: Self.limit).filter {
            recent.cancels[$0] == nil
        }
        guard !held.isEmpty else { return }
        var batch = RecordBatch()
        for delivery in held { DeliveryReport(delivery: delivery, at: now, event: .cancel).append(to: &batch) }
        try await log.append(batch, to: .deliveryReport)
        for delivery in held { recent.cancels[delivery] = now }
    }

    /// Reports whose delivery became known while a crash came between.
    private func releaseReports() async throws {
        let reports = try await store.releasableReports(limit: Self.limit)
        guard !reports.isEmpty else { return }
        try await log.append(ParkedReport.records(of: reports), to: .deliveryReport)
        try await store.unpark(reports.map(\.id))
    }

    private func buryReports() async throws {
        let reports = try await store.expiredReports(before: clock.now() - channels.table.parkedFor, limit: Self.limit)
        guard !reports.isEmpty else { return }
        var batch = RecordBatch()
        for parked in reports {
            let letter = DeadLetter(
                reason: .unclaimedReport, detail: "no delivery is known by \(parked.key)", topic: .webhookReceived,
                position: nil, channel: parked.channel)
            letter.append(to: &batch, value: parked.report)
        }
        try await log.append(batch, to: .deadLetter)
        channels.table.metrics.countDeadLetters(batch)
        try await store.unpark(reports.map(\.id))
    }
}
