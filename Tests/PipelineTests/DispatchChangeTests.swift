import ChannelSDK
import Testing

@testable import Pipeline

/// What a dispatcher makes of other settings while it is at work.
@Suite struct DispatchChangeTests {
    private let start = Timestamp(milliseconds: 1_000_000)
    private static let failure = DeliveryFailure(.transient, code: "503", message: "not now")

    /// One that has claimed `busy`.
    private func machine(_ concurrency: Int, busy: Int) -> DispatchMachine {
        var machine = DispatchMachine(Self.settings(concurrency))
        _ = machine.handle(.tick, now: start)
        _ = machine.handle(.lookedUp(claimed: busy, nextDue: nil), now: start)
        return machine
    }

    private static func settings(_ concurrency: Int, isSending: Bool = true) -> DispatchMachine.Configuration {
        var settings = DispatchMachine.Configuration(concurrency: concurrency, breaker: .init(minimum: 4))
        settings.isSending = isSending
        return settings
    }

    private func ends(_ count: Int, _ outcome: DeliveryOutcome) -> DispatchMachine.Event {
        .ended(
            (0..<count).map { number in
                let claim = ClaimedDelivery(
                    delivery: DeliveryID(notification: NotificationID(high: 1, low: UInt64(number)), ordinal: 1),
                    channel: "sms", account: "a", urgency: .normal, errand: .send, attempt: 1, due: start,
                    expiresAt: nil, payload: .init(bytes: []))
                return AttemptEnd(claim: claim, end: .sent(outcome))
            })
    }

    private static let changes: [(before: Int, busy: Int, after: Int, room: Int?)] = [
        (16, 0, 8, 8), (16, 10, 8, nil), (16, 16, 16, nil), (8, 8, 16, 8), (64, 3, 4, 1),
    ]

    @Test(arguments: changes)
    func whatIsInFlightKeepsItsPlaces(before: Int, busy: Int, after: Int, room: Int?) {
        var machine = machine(before, busy: busy)
        machine.change(to: Self.settings(after), isSameProvider: true)
        #expect(machine.handle(.tick, now: start)?.room == room)
        #expect(machine.busy == busy)
    }

    @Test func whatWasLearnedOfTheSameProviderStands() {
        var machine = machine(8, busy: 8)
        _ = machine.handle(ends(4, .retry(Self.failure, after: nil)), now: start)
        #expect(machine.obstacle(at: start)?.reason == .circuitOpen)
        machine.change(to: Self.settings(4), isSameProvider: true)
        #expect(machine.obstacle(at: start)?.reason == .circuitOpen)
        #expect(machine.handle(.tick, now: start) == nil)
    }

    @Test func whatWasLearnedOfAnotherProviderDoesNot() {
        var machine = machine(8, busy: 8)
        _ = machine.handle(ends(2, .throttled(Self.failure, after: .seconds(60))), now: start)
        _ = machine.handle(ends(4, .retry(Self.failure, after: nil)), now: start)
        machine.change(to: Self.settings(8), isSameProvider: false)
        #expect(machine.obstacle(at: start) == nil)
        #expect(machine.handle(.tick, now: start)?.room == 6)
        // Neither does what is still heard of it.
        _ = machine.handle(.lookedUp(claimed: 0, nextDue: nil), now: start)
        _ = machine.handle(.endedElsewhere(2), now: start)
        #expect(machine.busy == 0 && machine.breaker.state == .closed)
    }

    @Test func aHeldChannelClaimsNothingAndSaysWhy() {
        var machine = machine(8, busy: 2)
        machine.change(to: Self.settings(8, isSending: false), isSameProvider: true)
        #expect(machine.handle(.ready(start), now: start) == nil)
        #expect(machine.reserve(4, now: start) == 0)
        #expect(machine.obstacle(at: start) == Waiting(.channelRemoved, until: nil))
        _ = machine.handle(ends(2, .accepted(Acceptance(providerMessageID: nil))), now: start)
        machine.change(to: Self.settings(8), isSameProvider: true)
        #expect(machine.handle(.tick, now: start)?.room == 8)
        #expect(machine.obstacle(at: start) == nil)
    }
}
