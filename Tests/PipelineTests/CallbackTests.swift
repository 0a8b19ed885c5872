import ChannelSDK
import Pipeline
import Testing

/// From a status change to the application's own URL, through the whole flow.
@Suite(.timeLimit(.minutes(10))) struct CallbackTests {
    private static let orders = CallbackSubscription(name: "orders")
    private static let stock = CallbackSubscription(name: "stock")

    @Test func everyChangeArrives() async throws {
        try await CallbackWorld.run([Self.orders]) { world in
            let ids = try await world.send(50)
            try await world.until { world.receivers.calls.count == 50 }
            try await world.untilQuiet()
            let calls = world.receivers.calls
            #expect(world.receivers.forged == 0)
            #expect(Set(calls.map(\.event.data.notificationId)) == Set(ids.map(\.description)))
            #expect(Set(calls.map(\.webhookID)).count == 50)
            #expect(calls.allSatisfy { $0.event.data.status == "delivered" && $0.event.data.sequence == 1 })
        }
    }

    /// How a callback fares makes no event, and its notification is in no list that did not ask for it.
    @Test func callbacksStandApart() async throws {
        try await CallbackWorld.run([Self.orders, Self.stock]) { world in
            let ids = try await world.send(5)
            try await world.until { world.receivers.calls.count == 10 }
            try await world.untilQuiet()
            let log = world.pipeline.log
            #expect(try await log.endOffsets(of: .statusChange).reduce(0, +) == 5)
            #expect(try await log.endOffsets(of: .deadLetter).reduce(0, +) == 0)
            #expect(Set(try await world.states().map(\.id)) == Set(ids))
            let callbacks = try await world.states { $0.channel = "callback:orders" }
            #expect(callbacks.count == 5)
            #expect(callbacks.allSatisfy { $0.account == "acme" && $0.deliveries.map(\.status) == ["delivered"] })
        }
    }

    @Test func filtersKeepOthersOut() async throws {
        var mine = CallbackSubscription(name: "mine")
        mine.accounts = ["acme"]
        var none = CallbackSubscription(name: "none")
        none.statuses = ["rejected"]
        try await CallbackWorld.run([mine, none]) { world in
            try await world.send(3)
            try await world.send(4, account: "others")
            try await world.until { world.receivers.calls.count == 3 }
            try await world.untilQuiet()
            #expect(world.receivers.calls.allSatisfy { $0.event.data.account == "acme" })
            #expect(world.receivers.calls(to: CallbackWorld.url("mine")).count == 3)
        }
    }

    /// The same event under the same id, until it is taken.
    @Test func whatFailedIsTriedAgain() async throws {
        try await CallbackWorld.run([Self.orders]) { world in
            let failures: [HTTPResult] = [
                .success(HTTPResponse(status: 500)),
                .failure(TransportFailure(reason: .reset, mayHaveBeenSent: true, message: "reset")),
                .failure(TransportFailure(reason: .connect, mayHaveBeenSent: false, message: "no connection")),
                .success(HTTPResponse(status: 404)),
            ]
            world.receivers.answer { _, number in
                number <= failures.count ? failures[number - 1] : .success(HTTPResponse(status: 204))
            }
            try await world.send(1)
            try await world.passTime(of: "callback:orders", by: .seconds(1)) { $0.settlement == .settled }
            #expect(world.receivers.calls.count == failures.count + 1)
            #expect(Set(world.receivers.calls.map(\.webhookID)).count == 1)
            let callback = try #require(try await world.states { $0.channel = "callback:orders" }.first)
            // A connection that died is no reason to lose sight of it: the receiver drops repeats.
            #expect(callback.deliveries.map(\.status) == ["delivered"])
        }
    }

    @Test func oneDeadReceiverDelaysNoOther() async throws {
        try await CallbackWorld.run([Self.orders, Self.stock]) { world in
            world.receivers.answer { url, _ in
                .success(HTTPResponse(status: url == CallbackWorld.url("orders") ? 503 : 200))
            }
            try await world.send(200)
            let live = CallbackWorld.url("stock")
            try await world.until { world.receivers.calls(to: live).count == 200 }
            let dead = world.receivers.calls(to: CallbackWorld.url("orders")).count
            #expect(dead < 200, "the circuit opens before everybody has failed")
        }
    }

    @Test func whatIsTooOldExpires() async throws {
        var subscription = Self.orders
        subscription.giveUpAfter = .seconds(60)
        try await CallbackWorld.run([subscription]) { world in
            world.receivers.answer { _, _ in .success(HTTPResponse(status: 500)) }
            try await world.send(1)
            try await world.passTime(of: "callback:orders", by: .seconds(10)) { $0.status == "expired" }
            #expect(world.receivers.calls.count > 1)
        }
    }

    @Test func goneEndsIt() async throws {
        try await CallbackWorld.run([Self.orders]) { world in
            world.receivers.answer { _, _ in .success(HTTPResponse(status: 410)) }
            try await world.send(1)
            try await world.until { !world.receivers.calls.isEmpty }
            try await world.untilQuiet()
            try await world.send(20)
            try await world.until { try await world.states { $0.channel = "callback:orders" }.count == 21 }
            try await world.untilQuiet()
            #expect(world.receivers.calls.count == 1)
            let states = try await world.states { $0.channel = "callback:orders" }
            #expect(states.allSatisfy { $0.deliveries.map(\.status) == ["rejected"] })
            #expect(states.allSatisfy { $0.deliveries.first?.detail.code == "gone" })
        }
    }

    /// A host that starts again goes on where the last one was; what both read is sent once.
    @Test func aRestartRepeatsNothingAndLosesNothing() async throws {
        let clock = HeldClock()
        let receivers = CallbackReceivers(clock: clock)
        try await CallbackWorld.Disk.with { disk in
            for run in 1...3 {
                try await CallbackWorld.run(on: disk, [Self.orders], clock: clock, receivers: receivers) { world in
                    try await world.send(20)
                    try await world.until { receivers.calls.count >= 20 * run }
                    try await world.untilQuiet()
                }
            }
            // While nobody wants to be called back, changes go by; those who come later are told what is kept.
            try await CallbackWorld.run(on: disk, [], clock: clock, receivers: receivers) { world in
                try await world.send(5)
                try await world.untilQuiet()
            }
            try await CallbackWorld.run(on: disk, [Self.orders], clock: clock, receivers: receivers) { world in
                try await world.until { receivers.calls.count >= 65 }
                try await world.untilQuiet()
            }
        }
        #expect(Set(receivers.calls.map(\.webhookID)).count == 65)
        #expect(receivers.calls.count == 65)
    }
}
