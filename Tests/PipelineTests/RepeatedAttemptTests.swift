import ChannelSDK
import SQLiteBackend
import Testing

@testable import Pipeline

/// A provider that drops repeats by an idempotency key: what may have been taken is sent again under it, while it is
/// certain to know the key.
@Suite struct RepeatedAttemptTests {
    private static let failure = DeliveryFailure(.transient, code: "timeout", message: "no answer")
    private static let window = Duration.seconds(1000)

    private func world(
        _ uncertain: UncertainPolicy = .awaitCallback, attempts: Int = 4, idempotency: Duration? = window,
        steps: [String] = ["sms"], _ body: (AppliedWorld) async throws -> Void
    ) async throws {
        let policy = DeliveryPolicy(
            retry: RetryPolicy(attempts: attempts, base: .seconds(1), max: .seconds(1)), uncertain: uncertain,
            idempotency: idempotency)
        let world = try await AppliedWorld(steps: steps, policy: policy)
        do { try await body(world) } catch {
            await world.close()
            throw error
        }
        await world.close()
    }

    @Test(arguments: UncertainPolicy.allCases)
    func aLostClaimIsTriedAgainAsTheSameDelivery(policy: UncertainPolicy) async throws {
        try await world(policy) { world in
            world.now = world.now + .seconds(100)
            world.record(.claimLost(attempt: 1, .send))
            try await world.apply()
            let state = try await world.state()
            #expect(state.deliveries.count == 1 && state.deliveries[0].status == .accepted)
            #expect(state.deliveries[0].waiting?.reason == .retrying)
            #expect(world.published.isEmpty)
            // Nobody can take it back now.
            #expect(try await world.backend.store.holdForCancel(world.ids[0]) == .refused)
            #expect(try await world.backend.store.counts().ready == 1)
            world.record(.outcome(attempt: 2, .accepted(Acceptance(providerMessageID: "M"))))
            try await world.apply()
            let taken = try await world.state().deliveries[0]
            #expect(taken.status == "queued" && taken.providerMessageID == "M")
            // The wait for a report is the channel's again, and not the key's.
            #expect(taken.settleAt == world.now + .seconds(72 * 3600))
        }
    }

    @Test func withoutAKeyItIsUncertain() async throws {
        try await world(idempotency: nil) { world in
            world.record(.claimLost(attempt: 1, .send))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == .uncertain)
            #expect(try await world.backend.store.counts().ready == 0)
        }
    }

    /// The key counts from when the attempt can have been made first, with something in reserve.
    @Test(arguments: [(898, true), (900, false), (5000, false)])
    func onlyWhileTheProviderKnowsTheKey(seconds: Int64, isRepeated: Bool) async throws {
        try await world { world in
            world.now = world.now + .seconds(seconds)
            world.record(.claimLost(attempt: 1, .send))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == (isRepeated ? .accepted : .uncertain))
        }
    }

    /// Attempts that nobody can have taken say nothing about the key.
    @Test func theKeyCountsFromTheFirstThatMayHaveBeenTaken() async throws {
        let refused = DeliveryFailure(.transient, code: "connect", message: "nobody is there")
        try await world { world in
            world.record(.outcome(attempt: 1, .throttled(Self.failure, after: .seconds(5000))))
            world.record(.outcome(attempt: 2, .retry(refused, after: .seconds(5000))))
            try await world.apply()
            #expect(try await world.state().deliveries[0].settleAt == nil)
            world.now = world.now + .seconds(5100)
            world.record(.claimLost(attempt: 3, .send))
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == .accepted)
            #expect(delivery.settleAt == world.now + .seconds(-100) + .seconds(900))
        }
    }

    @Test func whatWaitsTooLongForItsRepeatBecomesUncertain() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .retry(Self.failure)))
            world.record(.outcome(attempt: 2, .throttled(Self.failure, after: .seconds(800))))
            try await world.apply()
            world.now = world.now + .seconds(900)
            #expect(try await world.backend.store.dueSettlements(at: world.now, limit: 9) == [world.delivery])
            world.record(.settleDue)
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == .uncertain && delivery.detail.code == "key_expired")
            #expect(delivery.waiting?.reason == .noReport)
            #expect(try await world.backend.store.counts().ready == 0)
        }
    }

    @Test func anAttemptThatWouldComeTooLateIsNotMade() async throws {
        try await world { world in
            world.record(.outcome(attempt: 1, .retry(Self.failure)))
            world.record(.outcome(attempt: 2, .throttled(Self.failure, after: .seconds(901))))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == .uncertain)
        }
    }

    /// As without a key: it looks like a message that kills senders.
    @Test(arguments: [
        (UncertainPolicy.resend, Waiting.Reason.held), (.hold, .held), (.awaitCallback, .noReport), (.query, .querying),
    ])
    func twoLostSendersAreEnough(policy: UncertainPolicy, reason: Waiting.Reason) async throws {
        try await world(policy) { world in
            world.record(.claimLost(attempt: 1, .send))
            world.record(.claimLost(attempt: 2, .send))
            try await world.apply()
            let state = try await world.state()
            #expect(state.deliveries.count == 1 && state.deliveries[0].status == .uncertain)
            #expect(state.deliveries[0].waiting?.reason == reason)
        }
    }

    @Test func theAttemptsOfTheChannelCount() async throws {
        try await world(attempts: 1) { world in
            world.record(.claimLost(attempt: 1, .send))
            try await world.apply()
            #expect(try await world.state().deliveries[0].status == .uncertain)
        }
    }

    /// The repeat is not sent, which says nothing about the first attempt; so the route does not go on either.
    @Test(arguments: [DeliveryFailure.Kind.expired, .optedOut])
    func whatIsNotSentAgainStaysUnknown(kind: DeliveryFailure.Kind) async throws {
        try await world(steps: ["sms", "backup"]) { world in
            world.record(.claimLost(attempt: 1, .send))
            world.record(.outcome(attempt: 2, .rejected(DeliveryFailure(kind, code: "x", message: "m"))))
            try await world.apply()
            #expect(try await world.state().deliveries.map(\.status) == [.uncertain])
        }
    }

    @Test func aReportEndsTheWaitForARepeat() async throws {
        try await world { world in
            world.record(.claimLost(attempt: 1, .send))
            world.report(.init(kind: .status("delivered")))
            try await world.apply()
            let delivery = try await world.state().deliveries[0]
            #expect(delivery.status == "delivered" && delivery.settleAt == nil && delivery.waiting == nil)
            #expect(try await world.backend.store.counts().ready == 0)
            world.now = world.now + .seconds(5000)
            #expect(try await world.backend.store.dueSettlements(at: world.now, limit: 9).isEmpty)
        }
    }
}
