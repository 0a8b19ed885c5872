import ChannelSDK
import Testing

@testable import Pipeline

/// Channels change while the pipeline works on them.
@Suite(.timeLimit(.minutes(10))) struct ChannelChangeTests {
    private typealias Entries = [String: NotificationPipeline.ChannelEntry]

    private func isTaken(_ deliveries: [DeliveryState]) -> Bool { deliveries.last?.status == "queued" }

    /// Concurrency, limits and provider change, channels are held, drained, removed and come back, while messages are
    /// accepted: each is sent once.
    @Test(arguments: [1, 2, 3] as [UInt64])
    func nothingIsLostAndNothingRepeated(seed: UInt64) async throws {
        try await OptOutWorld.run { (world) async throws in
            var random = SplitMix64(seed: seed)
            var ids: [NotificationID] = []
            var revision = 0
            for number in 0..<400 {
                let channel = Bool.random(using: &random) ? "sms-a" : "sms-b"
                ids.append(try await world.send("+1\(number)", by: [channel]))
                world.clock.advance(by: .milliseconds(Int.random(in: 0...20, using: &random)))
                guard number % 4 == 0 else { continue }
                revision += 1
                let changed = Self.changed(world.channels, revision, &random)
                #expect(world.pipeline.change(to: changed, graphs: []))
            }
            // Back in service, whatever they were.
            var entries = world.channels
            for name in entries.keys { entries[name]?.revision = revision + 1 }
            #expect(world.pipeline.change(to: entries, graphs: []))
            for id in ids {
                let deliveries = try await world.deliveries(of: id) { deliveries in
                    world.clock.advance(by: .milliseconds(1))
                    return isTaken(deliveries)
                }
                #expect(deliveries.count == 1 && deliveries[0].attempts == 1, "seed \(seed)")
            }
            let recipients = world.provider.sent.map { $0.split(separator: " ")[1] }
            #expect(recipients.count == ids.count && Set(recipients).count == ids.count, "seed \(seed)")
        }
    }

    private static func changed(_ channels: Entries, _ revision: Int, _ random: inout SplitMix64) -> Entries {
        var entries = channels
        for name in ["sms-a", "sms-b"] {
            guard var entry = entries[name], Int.random(in: 0..<4, using: &random) > 0 else {
                entries[name] = nil
                continue
            }
            entry.revision = revision
            entry.providerRevision = Bool.random(using: &random) ? revision : 0
            entry.dispatch.concurrency = Int.random(in: 1...8, using: &random)
            entry.dispatch.isSending = Int.random(in: 0..<3, using: &random) > 0
            entry.limits = Bool.random(using: &random) ? [] : [RateLimit(permits: 50, per: .seconds(1))]
            entries[name] = entry
        }
        return entries
    }

    @Test func whatIsInFlightEndsAsItBegan() async throws {
        try await OptOutWorld.run { (world) async throws in
            let gate = LogSignal()
            world.provider.answer { _ in
                await gate.wait(past: 0)
                return .accepted(Acceptance(providerMessageID: "1", status: nil))
            }
            let id = try await world.send("+1")
            while world.provider.sent.isEmpty {
                try Task.checkCancellation()
                await Task.yield()
            }
            // Gone while its attempt is in flight, whose claim is still known.
            var entries = world.channels
            entries["sms-a"] = nil
            #expect(world.pipeline.change(to: entries, graphs: []))
            #expect(world.pipeline.obstacle(of: "sms-a") == Waiting(.channelRemoved, until: nil))
            let delivery = DeliveryID(notification: id, ordinal: 1)
            #expect(world.pipeline.board.dispatchers.contains { $0.holds(delivery) })
            gate.raise()
            while !world.pipeline.board.dispatchers.allSatisfy({ !$0.holds(delivery) }) {
                try Task.checkCancellation()
                await Task.yield()
            }
            #expect(world.pipeline.change(to: world.channels, graphs: []))
            let deliveries = try await world.deliveries(of: id) { $0[0].attempts == 1 }
            #expect(deliveries.count == 1 && world.provider.sent.count == 1)
        }
    }

    @Test func whatWaitsForARemovedChannelIsSentWhenItIsBack() async throws {
        try await OptOutWorld.run { (world) async throws in
            var entries = world.channels
            entries["sms-a"] = nil
            #expect(world.pipeline.change(to: entries, graphs: []))
            let late = try await world.send("+1")
            let other = try await world.send("+2", by: ["sms-b"])
            _ = try await world.deliveries(of: other, until: isTaken)
            _ = try await world.deliveries(of: late) { _ in true }
            #expect(world.provider.sent == ["sms-b +2"])
            #expect(world.pipeline.change(to: world.channels, graphs: []))
            _ = try await world.deliveries(of: late, until: isTaken)
            #expect(world.provider.sent == ["sms-b +2", "sms-a +1"])
        }
    }

    @Test func anUnchangedChannelIsLeftAlone() async throws {
        try await OptOutWorld.run { (world) async throws in
            let before = world.pipeline.dispatchers
            var entries = world.channels
            entries["sms-b"]?.revision = 1
            #expect(world.pipeline.change(to: entries, graphs: []))
            #expect(world.pipeline.dispatchers.allSatisfy { $0.value === before[$0.key] })
            world.pipeline.stop()
            #expect(!world.pipeline.change(to: world.channels, graphs: []))
        }
    }
}
