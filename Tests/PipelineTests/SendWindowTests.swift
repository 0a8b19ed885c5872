import ChannelSDK
import Pipeline
import Testing

/// Not before, and not after.
@Suite(.timeLimit(.minutes(10))) struct SendWindowTests {
    private static let ann = "+15550100"

    private func isSettled(_ deliveries: [DeliveryState]) -> Bool {
        deliveries.last?.settlement == .settled
    }

    @Test func whatIsScheduledSaysSoAndIsSentThen() async throws {
        try await OptOutWorld.run { (world) async throws in
            let moment = world.clock.now() + .seconds(3600)
            let id = try await world.send(Self.ann, notBefore: moment, expiresAt: moment + .seconds(60))
            let waiting = try await world.deliveries(of: id) { !$0.isEmpty }
            #expect(waiting[0].status == .accepted && waiting[0].waiting == Waiting(.scheduled, until: moment))
            world.clock.advance(by: .seconds(3599))
            #expect(world.provider.sent.isEmpty)
            world.clock.advance(by: .seconds(1))
            let sent = try await world.deliveries(of: id) { $0[0].attempts == 1 }
            #expect(sent[0].waiting?.reason != .scheduled && world.provider.sent.count == 1)
        }
    }

    @Test func whatIsTakenTooLateExpiresAndNoOtherChannelTries() async throws {
        try await OptOutWorld.run { (world) async throws in
            let moment = world.clock.now() + .seconds(60)
            let id = try await world.send(
                Self.ann, by: ["sms-a", "mail"], notBefore: moment, expiresAt: moment + .seconds(1))
            _ = try await world.deliveries(of: id) { !$0.isEmpty }
            world.clock.advance(by: .seconds(61))
            let ended = try await world.deliveries(of: id, until: isSettled)
            #expect(ended.map(\.status) == [.expired] && ended[0].detail.code == "expired")
            #expect(world.provider.sent.isEmpty)
        }
    }

    /// A retry that is due after the end is not sent; it ends when it is due.
    @Test func aRetryThatComesTooLateExpires() async throws {
        try await OptOutWorld.run { (world) async throws in
            world.provider.answer { _ in
                .retry(DeliveryFailure(.transient, code: "503", message: "not now"), after: .seconds(30))
            }
            let id = try await world.send(Self.ann, expiresAt: world.clock.now() + .seconds(20))
            _ = try await world.deliveries(of: id) { $0[0].waiting?.reason == .retrying }
            world.clock.advance(by: .seconds(60))
            let ended = try await world.deliveries(of: id, until: isSettled)
            #expect(ended.map(\.status) == [.expired] && world.provider.sent.count == 1)
        }
    }
}
