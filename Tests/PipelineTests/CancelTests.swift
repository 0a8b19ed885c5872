import ChannelSDK
import SQLiteBackend
import Testing

@testable import Pipeline

/// What a cancel does to a delivery, case by case, through the applier and the store.
@Suite struct CancelTests {
    private static let failure = DeliveryFailure(.transient, code: "503", message: "not now")

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

    @Test func whatWaitsForAnotherAttemptIsCanceledAndNeverClaimedAgain() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .retry(Self.failure)))
            try await world.apply()
            #expect(try await world.backend.store.holdForCancel(world.ids[0]) == .held(world.delivery))
            world.record(.cancel)
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == .canceled && delivery.settlement == .settled && delivery.waiting == nil)
            let counts = try await world.backend.store.counts()
            #expect(counts.ready == 0 && counts.claimed == 0 && counts.open == 0)
            #expect(try await world.backend.store.holdForCancel(world.ids[0]) == .refused)
            world.record(.cancel)
            try await world.apply()
            #expect(try await world.state().sequence == 1, "the same again changes nothing")
        }
    }

    /// Whatever comes after the cancel, in any order.
    @Test(arguments: [
        [DeliveryReport.Event.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1")))],
        [.report(channel: nil, StatusReport(kind: .status("failed")))],
        [.outcome(attempt: 1, .uncertain(failure)), .settleDue],
        [.outcome(attempt: 1, .uncertain(failure)), .report(channel: nil, StatusReport(kind: .status("undelivered")))],
        [.outcome(attempt: 1, .rejected(failure))], [.outcome(attempt: 1, .retry(failure))],
        [.claimLost(attempt: 1, .send)], [.claimReleased(attempt: 1, .send)],
    ])
    func noStepFollowsACancel(_ later: [DeliveryReport.Event]) async throws {
        for policy in [UncertainPolicy.awaitCallback, .resend] {
            try await world(steps: ["sms", "backup"], policy: DeliveryPolicy(uncertain: policy)) { world in
                world.record(.cancelRequest(account: "default"))
                try await world.apply()
                #expect(try await world.state().deliveries.map(\.status) == [.canceled])
                // Nothing of it rests on what this applier remembers.
                try await world.newApplier()
                for event in later { world.record(event) }
                try await world.apply()
                let deliveries = try await world.state().deliveries
                #expect(deliveries.count == 1 && deliveries[0].endsRoute, "\(deliveries)")
                #expect(try await world.backend.store.counts().ready == 0)
            }
        }
    }

    @Test func whatTurnsOutSentSaysSent() async throws {
        try await world { world in
            world.record(.cancelRequest(account: nil))
            world.record(.outcome(attempt: 1, .accepted(Acceptance(providerMessageID: "SM1"))))
            world.report(.init(kind: .status("delivered")))
            try await world.apply()
            #expect(try await world.state().deliveries.map(\.status) == ["delivered"])
            #expect(world.published.map(\.change.status) == [.canceled, "queued", "delivered"])
        }
    }

    @Test func aRequestCancelsTheNewestDelivery() async throws {
        try await world(steps: ["sms", "backup"]) { world in
            world.record(.outcome(attempt: 1, .rejected(Self.failure)))
            world.record(.cancelRequest(account: "default"))
            try await world.apply()
            #expect(try await world.state().deliveries.map(\.status) == [.rejected, .canceled])
            #expect(try await world.backend.store.counts().ready == 0)
        }
    }

    @Test func anotherAccountsRequestIsADeadLetter() async throws {
        try await world { world in
            world.record(.cancelRequest(account: "other"))
            try await world.apply()
            #expect(try await world.state().deliveries.map(\.status) == [.accepted])
            #expect(world.deadLetters == 1)
        }
    }

    /// The channel may have gone from the configuration: what was not sent can still be taken back.
    @Test func whatHasNoChannelAnyMoreIsCanceled() async throws {
        try await world(steps: ["gone"]) { world in
            world.record(.cancelRequest(account: "default"))
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == .canceled && delivery.settlement == .settled)
            #expect(world.published.map(\.change.previous) == [.accepted])
        }
    }

    @Test func aRequestThatComesBeforeItsNotificationWaitsForIt() async throws {
        try await world { world in
            let store = world.backend.store
            let late = NotificationID(high: 8, low: 8)
            let records = world.requestCancel(of: late)
            try await world.replay(records)
            #expect(try await store.counts().parked == 1 && world.deadLetters == 0)
            // A crash came behind the store's commit.
            try await world.newApplier()
            try await world.replay(records)
            #expect(try await store.counts().parked == 1)
            let fence = try await store.beginEpoch(.projector, partition: 1).fence
            let notification = AcceptedNotification(
                id: late, account: "default", externalID: nil, urgency: .normal, steps: ["sms"], acceptedAt: world.now,
                payload: .init(content: MessageContent(recipient: "+15550100", body: "hello")))
            var machine = ProjectorMachine(
                laws: world.laws, owner: OwnerID("test"), progress: .init(fence: fence, nextOffset: 0))
            var bytes: [UInt8] = []
            notification.write(to: &bytes)
            let record = LogRecord(offset: 0, key: late, headers: [], value: bytes[...])
            guard case .reserve(let wanted) = machine.handle(.records([record], now: world.now)),
                case .store(let projection) = machine.handle(.reserved(wanted)),
                case .hand(let claimed, let unused, let ready) = machine.handle(
                    .projected(try await store.project(projection)))
            else {
                Issue.record("the projector does something else")
                return
            }
            #expect(claimed.isEmpty && unused == wanted && ready.isEmpty, "nobody may send it")
            guard case .append(let batches) = machine.handle(.handed) else {
                Issue.record("nothing is told")
                return
            }
            #expect(batches.map(\.topic) == [.deliveryReport])
            try await world.replay(world.records(of: batches[0].batch))
            #expect(try await store.load([late]).first?.deliveries.map(\.status) == [.canceled])
        }
    }
}

extension AppliedWorld {
    fileprivate func requestCancel(of id: NotificationID) -> [LogRecord] {
        var batch = RecordBatch()
        DeliveryReport(
            delivery: DeliveryID(notification: id, ordinal: 1), at: now, event: .cancelRequest(account: "default")
        ).append(to: &batch)
        return records(of: batch)
    }
}
