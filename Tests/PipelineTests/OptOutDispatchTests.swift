import ChannelSDK
import Foundation
import Pipeline
import Testing

/// From a recipient's word to what is not sent any more, through all stages.
@Suite(.timeLimit(.minutes(10)))
struct OptOutDispatchTests {
    private static let ann = "+15551230001"
    private static let ben = "+15551230002"

    private func isSettled(_ deliveries: [DeliveryState]) -> Bool { deliveries.last?.settlement == .settled }
    private func isTaken(_ deliveries: [DeliveryState]) -> Bool { deliveries.last?.status == "queued" }

    @Test func nothingIsSentToWhoOptedOut() async throws {
        try await OptOutWorld.run { (world) async throws in
            try await world.write(.optOut, from: "15551230001")
            try await world.untilOptedOut(Self.ann)
            let refused = try await world.deliveries(of: world.send(Self.ann), until: isSettled)
            #expect(refused.map(\.status) == [.rejected] && refused.map(\.detail.code) == ["opted_out"])
            #expect(refused[0].detail.message?.contains("opted out of text at 2027-01-15") == true)
            // Nobody else is held up, and the module's other channel sends nothing either.
            _ = try await world.deliveries(of: world.send(Self.ben), until: isTaken)
            _ = try await world.deliveries(of: world.send(Self.ann, by: ["sms-b"]), until: isSettled)
            #expect(world.provider.sent == ["sms-a \(Self.ben)"])
        }
    }

    @Test func whoOptsInAgainIsSentTo() async throws {
        try await OptOutWorld.run { (world) async throws in
            try await world.write(.optOut, from: Self.ann)
            world.clock.advance(by: .seconds(1))
            try await world.write(.help, from: Self.ann)
            try await world.untilOptedOut(Self.ann)
            try await world.write(.optIn, from: Self.ann)
            try await world.untilOptedOut(Self.ann, false)
            _ = try await world.deliveries(of: world.send(Self.ann), until: isTaken)
        }
    }

    @Test func aRouteGoesOnToTheNextModule() async throws {
        try await OptOutWorld.run { (world) async throws in
            try await world.write(.optOut, from: Self.ann)
            try await world.untilOptedOut(Self.ann)
            let id = try await world.send(Self.ann, by: ["sms-a", "sms-b", "mail"])
            let deliveries = try await world.deliveries(of: id, until: isTaken)
            #expect(deliveries.map(\.status) == [.rejected, .rejected, "queued"])
            #expect(deliveries.map(\.detail.code) == ["opted_out", "opted_out", nil])
            #expect(world.provider.sent == ["mail \(Self.ann)"])
        }
    }

    @Test func anOptOutThatComesBetweenTwoAttemptsEndsIt() async throws {
        try await OptOutWorld.run { (world) async throws in
            let store = world.pipeline.store
            world.provider.answer { message in
                // The word is in the store before the attempt has ended.
                let key = OptOutKey(list: "text", recipient: message.content.recipient)
                let word = OptOutChange(
                    key: key, isOptedOut: true, at: Timestamp(milliseconds: 1_800_000_000_000), source: .api)
                try? await store.note(word)
                return .retry(DeliveryFailure(.transient, code: "503", message: "not now"))
            }
            let id = try await world.send(Self.ann)
            _ = try await world.deliveries(of: id) { $0[0].waiting?.reason == .retrying }
            world.clock.advance(by: .seconds(60))
            let deliveries = try await world.deliveries(of: id, until: isSettled)
            #expect(deliveries.map(\.detail.code) == ["opted_out"] && deliveries[0].attempts == 2)
            #expect(world.provider.sent.count == 1)
        }
    }

    @Test func anOptOutThatComesBeforeTheScheduledTimeEndsIt() async throws {
        try await OptOutWorld.run { (world) async throws in
            let id = try await world.send(Self.ann, notBefore: world.clock.now() + .seconds(3600))
            _ = try await world.deliveries(of: id) { !$0.isEmpty }
            try await world.write(.optOut, from: Self.ann)
            try await world.untilOptedOut(Self.ann)
            world.clock.advance(by: .seconds(3700))
            let deliveries = try await world.deliveries(of: id, until: isSettled)
            #expect(deliveries.map(\.detail.code) == ["opted_out"])
            #expect(world.provider.sent.isEmpty)
        }
    }

    @Test func whatMustBeSentIsSent() async throws {
        try await OptOutWorld.run { (world) async throws in
            try await world.write(.optOut, from: Self.ann)
            try await world.untilOptedOut(Self.ann)
            let id = try await world.send(Self.ann, options: ["ignore_opt_out": "true"])
            _ = try await world.deliveries(of: id, until: isTaken)
            #expect(world.provider.sent == ["sms-a \(Self.ann)"])
        }
    }
}
