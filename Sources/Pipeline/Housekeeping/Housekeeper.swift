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
    /// How long a report may wait for its delivery to be known.
    let parkedFor: Duration
    let period: Duration
    let leaseDuration: Duration

    private static let limit = 1000

    /// Findings whose record is in the log but may not be applied yet are not recorded again so soon.
    private struct Recent {
        var claims: [Claim: Timestamp] = [:]
        var settlements: [DeliveryID: Timestamp] = [:]

        mutating func forget(before moment: Timestamp) {
            claims = claims.filter { $0.value > moment }
            settlements = settlements.filter { $0.value > moment }
        }
    }

    func run(dispatchers: [ChannelDispatcher]) async {
        var recent = Recent()
        while !Task.isCancelled {
            await renewLease()
            do {
                recent.forget(before: clock.now() - .seconds(30))
                try await takeOverClaims(&recent)
                try await closeDeliveries(&recent)
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

    /// Reports whose delivery became known while a crash came between.
    private func releaseReports() async throws {
        let reports = try await store.releasableReports(limit: Self.limit)
        guard !reports.isEmpty else { return }
        try await log.append(ParkedReport.records(of: reports), to: .deliveryReport)
        try await store.unpark(reports.map(\.id))
    }

    private func buryReports() async throws {
        let reports = try await store.expiredReports(before: clock.now() - parkedFor, limit: Self.limit)
        guard !reports.isEmpty else { return }
        var batch = RecordBatch()
        for parked in reports {
            let letter = DeadLetter(
                reason: .unclaimedReport, detail: "no delivery is known by \(parked.key)", topic: .webhookReceived,
                position: nil, channel: parked.channel)
            letter.append(to: &batch, value: parked.report)
        }
        try await log.append(batch, to: .deadLetter)
        try await store.unpark(reports.map(\.id))
    }
}
