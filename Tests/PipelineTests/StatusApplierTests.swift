import ChannelSDK
import SQLiteBackend
import Testing

@testable import Pipeline

/// What records do to deliveries, case by case, through the applier and the store.
@Suite struct StatusApplierTests {
    static let failure = DeliveryFailure(.transient, code: "503", message: "not now")

    private func world(
        steps: [String] = ["sms"], policy: DeliveryPolicy = DeliveryPolicy(),
        _ body: (AppliedWorld) async throws -> Void
    ) async throws {
        let world = try await AppliedWorld(steps: steps, policy: policy)
        do { try await body(world) } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    @Test func whatTheProviderTookWaitsForItsReport() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == "queued")
            #expect(delivery.waiting == Waiting(.noReport, until: world.now + .seconds(72 * 3600)))
            #expect(delivery.providerMessageID == "SM1")
        }
    }

    @Test func retriesHonourTheProvidersDelayAndEndAfterTheLastAttempt() async throws {
        let policy = DeliveryPolicy(retry: RetryPolicy(attempts: 2, base: .seconds(1), max: .seconds(4)))
        try await world(policy: policy) { world in
            world.record(.outcome(attempt: 1, .retry(Self.failure, after: .seconds(90))))
            try await world.apply()
            let first = try await world.state().deliveries[0]
            #expect(first.status == .accepted)
            #expect(first.waiting == Waiting(.retrying, until: world.now + .seconds(90)))
            world.record(.outcome(attempt: 2, .retry(Self.failure)))
            try await world.apply()
            let last = try await world.state().deliveries[0]
            #expect(last.status == .rejected)
            #expect(last.settlement == .settled)
        }
    }

    /// Whoever restored the store decides, whatever the channel does about what is uncertain otherwise.
    @Test(arguments: UncertainPolicy.allCases)
    func whatWasWithheldAfterARestoreIsHeld(uncertain: UncertainPolicy) async throws {
        let failure = DeliveryFailure(.other, code: StatusDetail.restored, message: "not known")
        var policy = DeliveryPolicy()
        policy.uncertain = uncertain
        try await world(policy: policy) { world in
            world.record(.outcome(attempt: 1, .uncertain(failure)))
            try await world.apply()
            let deliveries = try await world.state().deliveries
            #expect(deliveries.count == 1 && deliveries[0].status == .uncertain)
            #expect(deliveries[0].waiting == Waiting(.held, until: nil))
        }
    }

    /// The log told how the attempt had ended before the claim for making it again came to nothing.
    @Test func whatTheLogTellsOutweighsTheRestore() async throws {
        let failure = DeliveryFailure(.other, code: StatusDetail.restored, message: "not known")
        try await world { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            world.record(.outcome(attempt: 1, .uncertain(failure)))
            try await world.apply()
            #expect(try await world.state().deliveries.map(\.status) == ["queued"])
            #expect(try await world.backend.store.claims(of: OwnerID("test"), limit: 9).isEmpty)
        }
    }

    /// The question's answer may have led to another send: the host before the restore may have asked it.
    @Test func aQuestionThatIsWithheldAfterARestoreLeavesItHeld() async throws {
        let failure = DeliveryFailure(.other, code: StatusDetail.restored, message: "not known")
        var policy = DeliveryPolicy()
        policy.uncertain = .query
        try await world(policy: policy) { world in
            world.record(.outcome(attempt: 1, .uncertain(Self.failure)))
            try await world.apply()
            #expect(try await world.state().deliveries[0].waiting?.reason == .querying)
            world.record(.outcome(attempt: 1, .uncertain(failure)))
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.waiting == Waiting(.held, until: nil) && delivery.status == .uncertain)
            #expect(delivery.settleAt == nil && delivery.settlement == .open)
        }
    }

    @Test func whatNamesNoDeliveryIsADeadLetterAlsoAfterACrash() async throws {
        try await world { world in
            world.record(.cancel, ordinal: 9)
            world.report(.init(kind: .status("delivered")))
            let records = try await world.apply()
            #expect(world.deadLetters == 1)
            let published = world.published
            // The crash came behind the store's commit: what was to be appended may not be in the log.
            try await world.newApplier()
            try await world.replay(records)
            #expect(world.deadLetters == 2)
            #expect(world.published == published + published)
        }
    }

    @Test func throttlingCountsNoAttempt() async throws {
        let policy = DeliveryPolicy(retry: RetryPolicy(attempts: 1))
        try await world(policy: policy) { world in
            for attempt in 1...5 { world.record(.outcome(attempt: attempt, .throttled(Self.failure))) }
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == .accepted)
            #expect(delivery.waiting?.reason == .throttled)
        }
    }

    @Test func aReportWhileARetryWaitsEndsTheRetry() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .retry(Self.failure)))
            try await world.apply()
            #expect(try await world.backend.store.counts().ready == 1)
            world.report(.init(kind: .status("sent")))
            try await world.apply()
            #expect(try await world.backend.store.counts().ready == 0)
        }
    }

    @Test func aLostClaimIsUncertainAndLateEvidenceStillCounts() async throws {
        try await world { world in
            world.record(.claimLost(attempt: 1, .send))
            world.record(.claimLost(attempt: 1, .send))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == .uncertain)
            #expect(try await world.state().sequence == 1)
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "queued")
        }
    }

    @Test func anOutcomeBeforeTheClaimIsLostWins() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            world.record(.claimLost(attempt: 1, .send))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "queued")
        }
    }

    @Test(arguments: [
        (UncertainPolicy.awaitCallback, 1, Waiting.Reason.noReport), (.hold, 1, .held), (.query, 1, .querying),
        (.resend, 2, .noReport),
    ])
    func uncertainSendsGoByTheirPolicy(
        policy: UncertainPolicy, deliveries: Int, reason: Waiting.Reason
    ) async throws {
        try await world(policy: DeliveryPolicy(uncertain: policy)) { world in
            world.record(.outcome(attempt: 1, .uncertain(Self.failure)))
            try await world.apply()
            let state = try await world.state()
            #expect(state.deliveries.count == deliveries)
            #expect(state.deliveries[0].status == .uncertain)
            #expect(state.deliveries[0].waiting?.reason == reason)
        }
    }

    @Test func aMessageThatEndsTwoSendersIsHeld() async throws {
        try await world(policy: DeliveryPolicy(uncertain: .resend)) { world in
            world.record(.claimLost(attempt: 1, .send))
            world.record(.claimLost(attempt: 1, .send), ordinal: 2)
            try await world.apply()
            let state = try await world.state()
            #expect(state.deliveries.count == 2)
            #expect(state.deliveries[1].waiting?.reason == .held)
            world.record(.resolution(.resend), ordinal: 2)
            try await world.apply()
            #expect(try await world.state().deliveries.count == 3)
        }
    }

    @Test func aPermanentFailureStartsTheNextChannelAndLateDeliveryCallsItOff() async throws {
        try await world(steps: ["sms", "backup"]) { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            world.report(.init(kind: .status("failed")))
            try await world.apply()
            let failed = try await world.state()
            #expect(failed.deliveries.map(\.channel) == ["sms", "backup"])
            #expect(failed.status(laws: world.laws) == .accepted)
            world.report(.init(kind: .status("delivered")))
            try await world.apply()
            let arrived = try await world.state()
            #expect(arrived.deliveries.map(\.status) == ["delivered", .canceled])
            #expect(arrived.status(laws: world.laws) == "delivered")
            #expect(try await world.backend.store.counts().ready == 0)
        }
    }

    @Test(arguments: [["a", "b", "c"], ["c", "a", "b"], ["b", "c", "a"]])
    func overThePartsTheLowestCounts(order: [String]) async throws {
        try await world { world in
            world.report(.init(kind: .status("delivered"), part: order[0]))
            world.record(
                .outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "a", parts: ["a", "b", "c"]))))
            world.report(.init(kind: .status("sent"), part: order[1]))
            world.report(.init(kind: .status("delivered"), part: order[1]))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "queued")
            world.report(.init(kind: .status("sent"), part: order[2]))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "sent")
            world.report(.init(kind: .status("delivered"), part: order[2]))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "delivered")
        }
    }

    /// The answer that would have named the parts never came.
    @Test func theNumberOfPartsIsEnoughToKnowTheWhole() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .uncertain(DeliveryFailure(.transient, code: "reset", message: "lost"))))
            world.report(.init(kind: .status("delivered"), part: "b", partCount: 2))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "queued")
            world.report(.init(kind: .status("sent"), part: "a", partCount: 2))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "sent")
            world.report(.init(kind: .status("delivered"), part: "a", partCount: 2))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == "delivered")
        }
    }

    @Test func silenceClosesAndLaterEvidenceStillApplies() async throws {
        try await world(policy: DeliveryPolicy(settleAfter: .seconds(60))) { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            world.record(.settleDue)
            try await world.apply()
            #expect(try await world.state().deliveries[0].settlement == .open)
            world.now = world.now + .seconds(60)
            #expect(try await world.backend.store.dueSettlements(at: world.now, limit: 10).count == 1)
            world.record(.settleDue)
            try await world.apply()
            #expect(try await world.state().deliveries[0].settlement == .closed)
            world.report(.init(kind: .status("delivered")))
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == "delivered")
            #expect(delivery.settlement == .settled)
        }
    }

    /// Whoever was told that it failed, or that nothing more is expected, is told that this has changed.
    @Test(arguments: [
        (["failed", "delivered"], false, [nil, nil, true]), (["sent", "delivered"], false, [nil, nil, nil]),
        (["failed", "undelivered"], false, [nil, nil, nil]), (["sent"], true, [nil, nil, true]),
        (["delivered"], true, [nil, nil, true]), (["failed"], true, [nil, nil, true]),
    ])
    func whatComesAfterTheEndIsLate(statuses: [String], closes: Bool, late: [Bool?]) async throws {
        try await world(policy: DeliveryPolicy(settleAfter: .seconds(60))) { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            if closes {
                try await world.apply()
                world.now = world.now + .seconds(60)
                world.record(.settleDue)
            }
            for status in statuses { world.report(.init(kind: .status(StatusName(status)))) }
            try await world.apply()
            #expect(world.published.map { $0.change.isLate ? true : nil } == late)
            let view = try #require(try await world.backend.store.notification(world.ids[0]))
            #expect(view.timeline.compactMap(\.change).map(\.isLate) == late.map { $0 == true })
        }
    }

    @Test func segmentsAreReported() async throws {
        try await world { world in
            world.report(.init(kind: .status("queued")))
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1", segments: 2))))
            world.report(.init(kind: .status("sent")))
            // What the provider itself counts outweighs what a module counts.
            world.report(.init(kind: .status("delivered"), part: "1", partCount: 1))
            let records = try await world.apply()
            #expect(try await world.state().deliveries[0].segments == 1)
            let first = world.published
            #expect(first.map(\.change.segments) == [nil, 2, 1])
            try await world.newApplier()
            try await world.replay(records)
            #expect(Array(world.published.dropFirst(first.count)) == first)
        }
    }

    @Test func anEventIsNotedOnce() async throws {
        let open = StatusReport(kind: .engagement("open"), eventID: "e1")
        let sent = StatusReport(kind: .status("sent"), eventID: "e2")
        try await world(steps: ["sms", "backup"]) { world in
            for report in [open, sent, sent, open, .init(kind: .engagement("open"))] { world.report(report) }
            try await world.apply()
            for report in [sent, open, .init(kind: .engagement("open"))] { world.report(report) }
            // Of another delivery it would be another; and it moves more than its own.
            world.report(.init(kind: .status("failed"), eventID: "e3"))
            world.report(open, ordinal: 2)
            world.report(.init(kind: .status("delivered"), eventID: "e4"))
            try await world.apply()
            let view = try #require(try await world.backend.store.notification(world.ids[0]))
            #expect(
                view.timeline.map(\.eventID) == ["e1", "e2", nil, nil, "e3", nil, "e1", "e4", nil],
                "\(view.timeline.map(\.kind))")
            #expect(view.state.deliveries.map(\.status) == ["delivered", .canceled])
            #expect(world.published.count == 5)
        }
    }

    @Test func whatIsNoEvidenceStaysInTheTimelineOnly() async throws {
        try await world { world in
            world.report(.init(kind: .unknown("teleported")))
            world.report(.init(kind: .engagement("clicked")))
            world.report(.init(kind: .status("no_such_status")))
            world.record(.report(channel: "backup", .init(kind: .status("delivered"))))
            world.record(.settleDue, ordinal: 9)
            try await world.apply()
            let view = try #require(try await world.backend.store.notification(world.ids[0]))
            #expect(view.state.deliveries[0].status == .accepted)
            #expect(
                view.timeline.map(\.withoutEffect) == [
                    "unknown status", nil, "unknown status", "came through channel 'backup'",
                ])
            #expect(world.published.isEmpty)
            #expect(world.deadLetters == 1)
        }
    }

    @Test func theDetailKeptDoesNotDependOnTheOrder() async throws {
        let early = StatusReport(kind: .status("failed"), occurredAt: Timestamp(seconds: 10), code: "2")
        let late = StatusReport(kind: .status("failed"), occurredAt: Timestamp(seconds: 20), code: "1")
        let undated = StatusReport(kind: .status("failed"), code: "0")
        for order in [[early, late, undated], [undated, late, early], [late, undated, early]] {
            try await world { world in
                for report in order { world.report(report) }
                try await world.apply()
                #expect(try await world.state().deliveries[0].detail.code == "2")
                #expect(try await world.state().sequence == 1)
            }
        }
    }

    @Test func aReplayPublishesTheSameChangesAgainAndAppliesNothing() async throws {
        try await world(steps: ["sms", "backup"]) { world in
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            world.report(.init(kind: .status("sent")))
            world.report(.init(kind: .status("undelivered")))
            let records = try await world.apply()
            let first = world.published
            #expect(first.map(\.change.sequence) == [1, 2, 3, 4])
            let before = try await world.state()
            try await world.newApplier()
            try await world.replay(records)
            #expect(Array(world.published.dropFirst(first.count)) == first)
            #expect(try await world.state() == before)
        }
    }
}
