import ChannelSDK
import Testing

@testable import Pipeline

@Suite struct DispatchMachineTests {
    private let start = Timestamp(milliseconds: 1_000_000)
    private static let failure = DeliveryFailure(.transient, code: "503", message: "not now")

    private func machine(_ concurrency: Int = 16) -> DispatchMachine {
        DispatchMachine(.init(concurrency: concurrency, breaker: .init(minimum: 8), throttlePause: .seconds(1)))
    }

    /// A machine that has asked the store once and found nothing.
    private func idle(_ concurrency: Int = 16) -> DispatchMachine {
        var machine = machine(concurrency)
        _ = machine.handle(.tick, now: start)
        _ = machine.handle(.lookedUp(claimed: 0, nextDue: nil), now: start)
        return machine
    }

    private func ends(_ count: Int, _ outcome: DeliveryOutcome) -> DispatchMachine.Event {
        .ended((0..<count).map { AttemptEnd(claim: claim($0), end: .sent(outcome)) })
    }

    private func claim(_ number: Int) -> ClaimedDelivery {
        ClaimedDelivery(
            delivery: DeliveryID(notification: NotificationID(high: 1, low: UInt64(number)), ordinal: 1),
            channel: "sms", account: "a", urgency: .normal, errand: .send, attempt: 1, due: start, expiresAt: nil,
            payload: .init(bytes: []))
    }

    private var accepted: DeliveryOutcome { .accepted(Acceptance(providerMessageID: nil)) }

    @Test func asksTheStoreAtTheStart() {
        var machine = machine()
        #expect(machine.handle(.tick, now: start) == .init(room: 16, reserve: 2))
        // One look-up at a time.
        #expect(machine.handle(.ready(start), now: start) == nil)
    }

    @Test func whatBecomesReadyMeanwhileIsLookedForAfterwards() {
        var machine = machine()
        _ = machine.handle(.tick, now: start)
        _ = machine.handle(.ready(start), now: start)
        #expect(machine.handle(.lookedUp(claimed: 0, nextDue: nil), now: start) != nil)
    }

    @Test func looksAgainWhenSomethingFallsDue() {
        var machine = idle()
        #expect(machine.handle(.ready(start + .milliseconds(300)), now: start) == nil)
        #expect(machine.handle(.tick, now: start + .milliseconds(299)) == nil)
        #expect(machine.handle(.tick, now: start + .milliseconds(300)) != nil)
    }

    @Test func looksAgainInAWhileWhateverItKnows() {
        var machine = idle()
        #expect(machine.handle(.tick, now: start + .milliseconds(999)) == nil)
        #expect(machine.handle(.tick, now: start + .seconds(1)) != nil)
    }

    @Test func asksAgainSoonWhenTheStoreFailed() {
        var machine = machine()
        _ = machine.handle(.tick, now: start)
        #expect(machine.handle(.lookUpFailed, now: start) == nil)
        #expect(machine.handle(.tick, now: start + .milliseconds(200)) != nil)
    }

    @Test func newOnesGetPlacesOnlyWhileNoneWaits() {
        var machine = idle()
        // Two of sixteen places are the urgent ones'.
        #expect(machine.reserve(100, now: start) == 14)
        machine.giveBack(4)
        #expect(machine.handle(.handed(10), now: start) == nil)
        #expect(machine.busy == 10 && machine.reserved == 0)
        _ = machine.handle(.ready(start + .seconds(9)), now: start)
        #expect(machine.reserve(2, now: start) == 2)
        _ = machine.handle(.ready(start), now: start)
        #expect(machine.reserve(1, now: start) == 0)
    }

    @Test func placesAreFreeOnceEndsAreDurable() {
        var machine = machine(4)
        _ = machine.handle(.tick, now: start)
        #expect(machine.handle(.lookedUp(claimed: 4, nextDue: start), now: start) == nil)
        #expect(machine.handle(ends(3, accepted), now: start) == .init(room: 3, reserve: 0))
    }

    @Test func aProviderThatFailsIsLeftAloneAndThenTried() {
        var machine = machine()
        _ = machine.handle(.tick, now: start)
        _ = machine.handle(.lookedUp(claimed: 8, nextDue: nil), now: start)
        #expect(machine.handle(ends(8, .retry(Self.failure)), now: start) == nil)
        #expect(machine.obstacle(at: start) == Waiting(.circuitOpen, until: start + .seconds(15)))
        #expect(machine.reserve(5, now: start) == 0)
        #expect(machine.handle(.tick, now: start + .seconds(14)) == nil)
        #expect(machine.handle(.tick, now: start + .seconds(15)) == .init(room: 3, reserve: 0))
    }

    /// A trial that ends in "too fast", or is given back unsent or refused by the host, says nothing: it must not be the last one.
    @Test func aTrialWithoutVerdictIsFollowedByAnother() {
        for outcome in [
            AttemptEnd.End.sent(.throttled(Self.failure, after: .seconds(1))), .released, .refused(Self.failure),
        ] {
            var machine = machine()
            _ = machine.handle(.tick, now: start)
            _ = machine.handle(.lookedUp(claimed: 8, nextDue: nil), now: start)
            _ = machine.handle(ends(8, .retry(Self.failure)), now: start)
            var now = start + .seconds(15)
            for _ in 0..<10 {
                #expect(machine.handle(.ready(now), now: now) == .init(room: 3, reserve: 0))
                _ = machine.handle(.lookedUp(claimed: 3, nextDue: nil), now: now)
                _ = machine.handle(.ended((0..<3).map { AttemptEnd(claim: claim($0), end: outcome) }), now: now)
                now = now + .seconds(2)
            }
        }
    }

    @Test func refusalsOfMessagesOpenNothing() {
        var machine = machine()
        _ = machine.handle(.tick, now: start)
        _ = machine.handle(.lookedUp(claimed: 16, nextDue: start), now: start)
        let refused = DeliveryOutcome.rejected(DeliveryFailure(.recipient, code: "21211", message: "no number"))
        #expect(machine.handle(ends(16, refused), now: start)?.room == 16)
    }

    @Test func theProvidersPauseIsKept() {
        var machine = idle()
        _ = machine.reserve(2, now: start)
        _ = machine.handle(.handed(2), now: start)
        _ = machine.handle(ends(1, .throttled(Self.failure, after: .seconds(30))), now: start)
        _ = machine.handle(ends(1, .throttled(Self.failure, after: .seconds(5))), now: start)
        #expect(machine.obstacle(at: start) == Waiting(.throttled, until: start + .seconds(30)))
        #expect(machine.handle(.tick, now: start + .seconds(29)) == nil)
        #expect(machine.handle(.tick, now: start + .seconds(30)) != nil)
    }

    @Test func itsOwnPauseDoublesWhileItGoesOn() {
        var machine = idle()
        var now = start
        for seconds in [1, 2, 4, 8, 16, 32, 64, 64] {
            _ = machine.handle(.lookedUp(claimed: 2, nextDue: nil), now: now)
            // Two at once are one sign, not two.
            _ = machine.handle(ends(2, .throttled(Self.failure)), now: now)
            #expect(machine.obstacle(at: now)?.until == now + .seconds(seconds))
            now = now + .seconds(seconds)
        }
        _ = machine.handle(.lookedUp(claimed: 2, nextDue: nil), now: now)
        _ = machine.handle(ends(1, accepted), now: now)
        _ = machine.handle(ends(1, .throttled(Self.failure)), now: now)
        #expect(machine.obstacle(at: now)?.until == now + .seconds(1))
    }

    @Test func drainsBeforeItStops() {
        var machine = idle()
        _ = machine.reserve(3, now: start)
        #expect(machine.handle(.stop, now: start) == nil)
        #expect(!machine.isDrained)
        _ = machine.handle(.handed(2), now: start)
        machine.giveBack(1)
        #expect(!machine.isDrained)
        #expect(machine.handle(ends(2, accepted), now: start + .seconds(5)) == nil)
        #expect(machine.isDrained)
        #expect(machine.reserve(1, now: start) == 0)
    }

    /// Whatever comes in whatever order: never more places than there are, and with something due and a free place the
    /// store has been asked.
    @Test(arguments: 0..<20)
    func aRandomLifeKeepsTheRules(round: Int) {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(seed: seed)
        var machine = machine(8)
        var now = start
        var lookUp: DispatchMachine.LookUp?
        var reserved = 0
        func note(_ next: DispatchMachine.LookUp?) {
            guard let next else { return }
            #expect(lookUp == nil, "two look-ups at once, seed \(seed)")
            lookUp = next
        }
        for _ in 0..<2000 {
            now = now + .milliseconds(Int.random(in: 0...400, using: &generator))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0: note(machine.handle(.ready(now), now: now))
            case 1:
                reserved += machine.reserve(Int.random(in: 1...10, using: &generator), now: now)
            case 2 where reserved > 0:
                let handed = Int.random(in: 0...reserved, using: &generator)
                machine.giveBack(reserved - handed)
                note(machine.handle(.handed(handed), now: now))
                reserved = 0
            case 3:
                guard let asked = lookUp else { continue }
                lookUp = nil
                let claimed = Int.random(in: 0...asked.room, using: &generator)
                note(machine.handle(.lookedUp(claimed: claimed, nextDue: now), now: now))
            case 4 where machine.busy > 0:
                let outcomes: [DeliveryOutcome] = [accepted, accepted, .retry(Self.failure), .throttled(Self.failure)]
                let outcome = outcomes.randomElement(using: &generator)!
                note(machine.handle(ends(Int.random(in: 1...machine.busy, using: &generator), outcome), now: now))
            default: note(machine.handle(.tick, now: now))
            }
            #expect(machine.busy >= 0 && machine.reserved == reserved, "seed \(seed)")
            #expect(machine.busy + machine.reserved <= 8, "seed \(seed)")
            if machine.busy + machine.reserved == 0, machine.obstacle(at: now) == nil {
                _ = machine.handle(.ready(now), now: now).map { note($0) }
                #expect(lookUp != nil, "a wake-up was lost, seed \(seed)")
            }
        }
    }
}
