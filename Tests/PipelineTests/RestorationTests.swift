import ChannelSDK
import Pipeline
import Testing

/// What a host does with a store that was restored: what fell due before may have been sent by the host before it.
@Suite(.timeLimit(.minutes(10)))
struct RestorationTests {
    private static let ann = "+15551230001"
    /// The clock stands at this when a test begins.
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)

    private func restoration(resends: Bool = false) -> Restoration {
        Restoration(at: Self.start + .seconds(60), backupAt: Self.start - .seconds(3600), resends: resends)
    }

    private func isHeld(_ deliveries: [DeliveryState]) -> Bool { deliveries.last?.waiting?.reason == .held }
    private func isTaken(_ deliveries: [DeliveryState]) -> Bool { deliveries.last?.status == "queued" }

    @Test func whatWasDueBeforeTheRestoreIsHeld() async throws {
        try await OptOutWorld.run(restoration: restoration()) { (world) async throws in
            let id = try await world.send(Self.ann)
            let deliveries = try await world.deliveries(of: id, until: isHeld)
            #expect(deliveries.map(\.status) == [.uncertain] && deliveries.map(\.detail.code) == ["restored"])
            #expect(deliveries[0].settlement == .open && deliveries[0].settleAt == nil)
            #expect(deliveries[0].detail.message?.contains("restored at 2027-01-15T08:01:00.000Z") == true)
            #expect(world.provider.sent.isEmpty)
        }
    }

    @Test func whatFallsDueLaterIsSent() async throws {
        try await OptOutWorld.run(restoration: restoration()) { (world) async throws in
            let scheduled = try await world.send(Self.ann, notBefore: Self.start + .seconds(61))
            _ = try await world.deliveries(of: scheduled) { !$0.isEmpty }
            world.clock.advance(by: .seconds(61))
            _ = try await world.deliveries(of: scheduled, until: isTaken)
            let new = try await world.send(Self.ann)
            _ = try await world.deliveries(of: new, until: isTaken)
            #expect(world.provider.sent.count == 2)
        }
    }

    /// The moment itself still belongs to what was before.
    @Test func whatIsDueAtTheVeryMomentIsHeld() async throws {
        try await OptOutWorld.run(restoration: restoration()) { (world) async throws in
            let id = try await world.send(Self.ann, notBefore: Self.start + .seconds(60))
            world.clock.advance(by: .seconds(90))
            _ = try await world.deliveries(of: id, until: isHeld)
            #expect(world.provider.sent.isEmpty)
        }
    }

    @Test func whoWantsItAgainGetsItOnce() async throws {
        try await OptOutWorld.run(restoration: restoration(resends: true)) { (world) async throws in
            world.clock.advance(by: .seconds(90))
            let id = try await world.send(Self.ann, notBefore: Self.start)
            _ = try await world.deliveries(of: id, until: isTaken)
            #expect(world.provider.sent == ["sms-a \(Self.ann)"])
        }
    }

    @Test func anOperatorMayHaveItSentAfterAll() async throws {
        try await OptOutWorld.run(restoration: restoration()) { (world) async throws in
            let id = try await world.send(Self.ann)
            _ = try await world.deliveries(of: id, until: isHeld)
            world.clock.advance(by: .seconds(90))
            var batch = RecordBatch()
            DeliveryReport(
                delivery: DeliveryID(notification: id, ordinal: 1), at: world.clock.now(), event: .resolution(.resend)
            ).append(to: &batch)
            try await world.pipeline.log.append(batch, to: .deliveryReport)
            let deliveries = try await world.deliveries(of: id, until: isTaken)
            #expect(deliveries.count == 2 && world.provider.sent.count == 1)
        }
    }
}
