import ChannelSDK
import InProcess
import Synchronization
import Testing

@testable import API

/// A clock that tests move.
final class HeldClock: WallClock {
    private let moment = Mutex(Timestamp(seconds: 1_000_000))

    func now() -> Timestamp { moment.withLock { $0 } }
    func pass(_ time: Duration) { moment.withLock { $0 = $0 + time } }
}

/// A table that expectations may change.
private final class Table {
    private var table: LimitTable

    init(bound: Int, isShared: Bool) { table = LimitTable(bound: bound, isShared: isShared) }

    var count: Int { table.count }
    func take(_ demands: [LimitTable.Demand], at now: Timestamp) -> LimitVerdict { table.take(demands, at: now) }
    func claims(atMost most: Int, at now: Timestamp) -> [LimitTable.Claim] { table.claims(atMost: most, at: now) }

    func settle(_ claim: LimitTable.Claim, _ grant: RateLimitGrant, at now: Timestamp) {
        table.settle(claim, grant, at: now)
    }
}

@Suite struct LimitTableTests {
    private let start = Timestamp(seconds: 1_000_000)
    private let standard = RequestTiers(RequestLimits.standard)!

    private func subject(_ number: UInt32, _ group: RouteGroup? = nil) -> LimitedSubject {
        LimitedSubject(caller: .address(IPAddress(v4: number)), group: group)
    }

    private func demand(_ number: UInt32 = 1) -> LimitTable.Demand { .init(subject: subject(number), limits: standard) }

    /// For ten minutes as fast as it goes: no second, ten seconds or minute has more than its limit lets through, and the
    /// narrowest on average lets through all that it should.
    @Test func threeTiersHoldTogether() {
        let table = Table(bound: 100, isShared: false)
        var passed: [Timestamp] = []
        for millisecond in stride(from: 0, to: 600_000, by: 50) {
            let now = start + .milliseconds(millisecond)
            if table.take([demand()], at: now).wait == nil { passed.append(now) }
        }
        for limit in RequestLimits.standard {
            let most = passed.map { first in passed.count { $0 >= first && $0.since(first) < limit.interval } }.max()!
            // A full bucket and what comes back meanwhile.
            #expect(most <= 2 * limit.permits, "\(limit)")
        }
        #expect(passed.prefix { $0.since(start) < .milliseconds(50) }.count == 1)
        #expect((1000...1100).contains(passed.count))
    }

    @Test func verdicts() {
        let table = Table(bound: 100, isShared: false)
        let limits = RequestTiers([RateLimit(permits: 2, per: .seconds(1)), RateLimit(permits: 4, per: .seconds(10))])!
        let demand = LimitTable.Demand(subject: subject(1), limits: limits)
        let policy = "2;w=1, 4;w=10"
        func verdict(_ tier: Int, _ remaining: Int, _ reset: Int64, wait: Int64? = nil) -> LimitVerdict {
            LimitVerdict(
                wait: wait.map { .milliseconds($0) }, limit: limits.limits[tier], remaining: remaining,
                reset: .milliseconds(reset), policy: policy)
        }
        #expect(table.take([demand], at: start) == verdict(0, 1, 500))
        #expect(table.take([demand], at: start) == verdict(0, 0, 1000))
        #expect(table.take([demand], at: start) == verdict(0, 0, 1000, wait: 500))
        let later = start + .seconds(1)
        // Two and four tenths of the four are left.
        #expect(table.take([demand], at: later) == verdict(1, 1, 6500))
        #expect(table.take([demand], at: later) == verdict(1, 0, 9000))
        #expect(table.take([demand], at: later) == verdict(1, 0, 9000, wait: 1500))
        #expect(table.take([demand], at: later + .milliseconds(1500)).wait == nil)
    }

    /// What one of them refuses costs nothing at the other.
    @Test func twoDemandsAreOne() {
        let table = Table(bound: 100, isShared: false)
        let narrow = LimitTable.Demand(
            subject: subject(1, .auth), limits: RequestTiers([RateLimit(permits: 1, per: .seconds(60))])!)
        let wide = LimitTable.Demand(
            subject: subject(1), limits: RequestTiers([RateLimit(permits: 3, per: .seconds(60))])!)
        let first = table.take([wide, narrow], at: start)
        #expect(first.wait == nil && first.policy == "3;w=60, 1;w=60")
        for _ in 0..<5 { #expect(table.take([wide, narrow], at: start).wait == .seconds(60)) }
        #expect(table.take([wide], at: start).remaining == 1)
        #expect(table.take([wide], at: start).remaining == 0)
        #expect(table.take([wide], at: start).wait == .seconds(20))
    }

    @Test func manyCallersAreForgotten() {
        let table = Table(bound: 1000, isShared: true)
        for number in 0..<100_000 as Range<UInt32> {
            _ = table.take([demand(number)], at: start)
            // One who keeps coming is not.
            if number % 100 == 0 { _ = table.take([demand(.max)], at: start) }
            #expect(table.count <= 1000)
        }
        #expect(table.take([demand(.max)], at: start).wait != nil)
        #expect(table.take([demand(0)], at: start).remaining == 2)
        #expect(table.claims(atMost: .max, at: start).count <= 1000)
    }

    @Test func aClockSetBackLetsNothingMoreThrough() {
        let table = Table(bound: 100, isShared: false)
        for _ in 0..<3 { #expect(table.take([demand()], at: start).wait == nil) }
        #expect(table.take([demand()], at: start - .seconds(3600)).wait != nil)
        #expect(table.take([demand()], at: start + .seconds(1)).wait == nil)
    }

    @Test func otherLimitsBeginAnew() {
        let table = Table(bound: 100, isShared: false)
        for _ in 0..<3 { _ = table.take([demand()], at: start) }
        let wider = LimitTable.Demand(
            subject: subject(1), limits: RequestTiers([RateLimit(permits: 9, per: .seconds(1))])!)
        #expect(table.take([wider], at: start).remaining == 8)
    }

    // MARK: Among replicas

    private func claim(_ count: Int) -> LimitTable.Claim {
        .init(subject: subject(1), limits: standard.limits, count: count)
    }

    @Test func whatIsNotGrantedIsOwed() {
        let table = Table(bound: 100, isShared: true)
        for _ in 0..<3 { _ = table.take([demand()], at: start) }
        let claims = table.claims(atMost: 10, at: start)
        #expect(claims.map(\.count) == [3])
        #expect(table.claims(atMost: 10, at: start).isEmpty)
        table.settle(claims[0], RateLimitGrant(granted: 1, retryAfter: .milliseconds(300)), at: start)
        // The own buckets would allow one at 334 ms, but two are owed.
        let later = start + .milliseconds(400)
        #expect(table.take([demand()], at: start + .milliseconds(299)).wait != nil)
        #expect(table.claims(atMost: 10, at: start + .milliseconds(299)).isEmpty)
        #expect(table.take([demand()], at: later).wait != nil)
        let again = table.claims(atMost: 10, at: later)
        #expect(again.map(\.count) == [2])
        table.settle(again[0], RateLimitGrant(granted: 2, retryAfter: nil), at: later)
        #expect(table.take([demand()], at: later).wait == nil)
        #expect(table.claims(atMost: 10, at: later).map(\.count) == [1])
    }

    @Test func claimsAreTakenInPortions() {
        let table = Table(bound: 100, isShared: true)
        for number in 0..<10 as Range<UInt32> { _ = table.take([demand(number)], at: start) }
        #expect((0..<4).map { _ in table.claims(atMost: 4, at: start).count } == [4, 4, 2, 0])
    }

    /// Three replicas that are asked in turn let through what one would, but for a burst of the narrowest tier each.
    @Test(arguments: [1, 2, 3, 8])
    func replicasLetThroughWhatOneWould(replicas: Int) async {
        let clock = HeldClock()
        let shared = InProcessRateLimiter(clock: clock)
        var limits = RequestLimits()
        limits.anonymous = RequestLimits.standard
        let limiters = (0..<replicas).map { _ in RequestLimiter(limits, shared: shared, clock: clock) }
        let caller = RequestCaller(IPAddress("192.0.2.1"))
        var passed = 0
        // Five minutes, ten requests to each replica in every 50 ms.
        for _ in 0..<6000 {
            for limiter in limiters {
                for _ in 0..<10 where limiter.admit(caller, .notifications)?.wait == nil { passed += 1 }
            }
            for limiter in limiters { await limiter.exchange() }
            clock.pass(.milliseconds(50))
        }
        #expect(passed <= 100 + 5 * 100 + 3 * (replicas - 1))
        #expect(passed >= 5 * 100)
    }
}
