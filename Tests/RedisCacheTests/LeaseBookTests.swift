import ChannelConformance
import ChannelSDK
import Testing

@testable import RedisCache

struct LeaseBookTests {
    private let start = Timestamp(milliseconds: 1_700_000_000_000)
    private let fast = LimitSubject(key: "a", limits: [RateLimit(permits: 1000, per: .seconds(1))])

    private func whole(_ count: Int) -> PermitTurn { .granted(RateLimitGrant(granted: count, retryAfter: nil)) }

    private func answer(_ granted: Int) -> PermitAnswer { PermitAnswer(granted: granted, wait: .milliseconds(7)) }

    @Test func aRareCallerTakesNoMoreThanItWants() {
        var book = LeaseBook<Int>()
        for second in 0..<5 {
            let now = start + .seconds(second)
            #expect(book.begin(3, of: fast, waiter: 0, at: now) == .ask(3))
            #expect(book.settle(fast, answer(3), at: now).own == whole(3))
        }
    }

    @Test func blocksGrowWithDemandUpToATenthOfASecond() {
        var book = LeaseBook<Int>()
        var asked: [Int] = []
        for _ in 0..<1000 {
            guard case .ask(let wanted)? = book.begin(1, of: fast, waiter: 0, at: start) else { continue }
            asked.append(wanted)
            #expect(book.settle(fast, answer(wanted), at: start).own == whole(1))
        }
        #expect(asked.prefix(7) == [1, 2, 4, 8, 16, 32, 64])
        #expect(asked.dropFirst(7).allSatisfy { $0 == 101 })
    }

    @Test func whatWasTakenInAdvanceIsNotKeptForLong() {
        var book = LeaseBook<Int>()
        _ = book.begin(1, of: fast, waiter: 0, at: start)
        _ = book.settle(fast, answer(50), at: start)
        #expect(book.begin(1, of: fast, waiter: 0, at: start + .milliseconds(499)) == whole(1))
        #expect(book.serve(1, of: fast, at: start - .milliseconds(1)) == false)
        #expect(book.begin(1, of: fast, waiter: 0, at: start + .milliseconds(500)) == .ask(2))
    }

    @Test func oneAsksForAll() {
        var book = LeaseBook<Int>()
        #expect(book.begin(5, of: fast, waiter: 0, at: start) == .ask(5))
        for waiter in 1...3 { #expect(book.begin(waiter, of: fast, waiter: waiter, at: start) == nil) }
        let first = book.settle(fast, answer(5), at: start)
        #expect(first.own == whole(5))
        #expect(first.others.map(\.waiter) == [1])
        guard case .ask(let wanted)? = first.others.first?.turn else {
            Issue.record("the first who waited has to ask")
            return
        }
        #expect(wanted >= 6)
        // Too few: whoever comes first has them, the rest hear when to come again.
        let second = book.settle(fast, answer(4), at: start)
        #expect(second.own == whole(1))
        #expect(second.others.map(\.waiter) == [2, 3])
        #expect(
            second.others.map(\.turn) == [
                whole(2), .granted(RateLimitGrant(granted: 1, retryAfter: .milliseconds(7))),
            ])
    }

    @Test func withoutRedisAllAreAlone() {
        var book = LeaseBook<Int>()
        _ = book.begin(5, of: fast, waiter: 0, at: start)
        for waiter in 1...3 { _ = book.begin(waiter, of: fast, waiter: waiter, at: start) }
        let settlement = book.settle(fast, nil, at: start)
        #expect(settlement.own == .alone)
        #expect(settlement.others.map(\.waiter) == [1, 2, 3])
        #expect(settlement.others.allSatisfy { $0.turn == .alone })
        #expect(book.begin(5, of: fast, waiter: 0, at: start) != nil)
    }

    /// Whatever callers, answers and times there are: nobody is forgotten, and what is given was granted.
    @Test(arguments: [UInt64.random(in: 0 ... .max), 1, 2, 3])
    func randomUse(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var book = LeaseBook<Int>()
        let subject = LimitSubject(key: "a", limits: [RateLimit(permits: 400, per: .seconds(1))])
        var now = start
        var (granted, given, waiting, open) = (0, 0, Set<Int>(), nil as (caller: Int, wanted: Int)?)
        func hear(_ caller: Int, _ turn: PermitTurn) {
            waiting.remove(caller)
            switch turn {
            case .granted(let grant): given += grant.granted
            case .ask(let wanted): open = (caller, wanted)
            case .alone: break
            }
        }
        for caller in 0..<3000 {
            now = now + .milliseconds(.random(in: 0..<30, using: &generator))
            if Bool.random(using: &generator) {
                waiting.insert(caller)
                let turn = book.begin(.random(in: 1..<40, using: &generator), of: subject, waiter: caller, at: now)
                if let turn { hear(caller, turn) }
            } else if let (asker, wanted) = open {
                open = nil
                let some =
                    Int.random(in: 0..<4, using: &generator) == 0
                    ? Int.random(in: 0...wanted, using: &generator) : wanted
                let isLost = Int.random(in: 0..<20, using: &generator) == 0
                let settlement = book.settle(subject, isLost ? nil : answer(some), at: now)
                granted += isLost ? 0 : some
                hear(asker, settlement.own)
                for (waiter, turn) in settlement.others { hear(waiter, turn) }
            }
            #expect(given <= granted, "seed \(seed), caller \(caller)")
            #expect(open != nil || waiting.isEmpty, "seed \(seed), caller \(caller)")
        }
        #expect(given > 0)
    }

    @Test func idleSubjectsAreForgotten() {
        var book = LeaseBook<Int>()
        for number in 0..<5000 {
            let subject = LimitSubject(key: "\(number)", limits: fast.limits)
            let now = start + .milliseconds(10 * number)
            _ = book.begin(1, of: subject, waiter: 0, at: now)
            _ = book.settle(subject, answer(1), at: now)
        }
        #expect(book.count < 1200)
    }

    @Test(arguments: [
        (RateLimit(permits: 80, per: .seconds(1)), 8), (RateLimit(permits: 1, per: .seconds(1)), 0),
        (RateLimit(permits: 500, per: .seconds(3600)), 0), (RateLimit(permits: 4, per: .milliseconds(400)), 1),
        (RateLimit(permits: 40, per: .milliseconds(1)), 10), (RateLimit(permits: 0, per: .zero), 0),
    ])
    func blocks(_ limit: RateLimit, _ expected: Int) {
        #expect(LimitSubject(key: "a", limits: [limit]).largestBlock == expected)
    }

    @Test(arguments: [
        (RateLimit(permits: 80, per: .seconds(1)), 4, RateLimit(permits: 20, per: .seconds(1))),
        (RateLimit(permits: 10, per: .seconds(1)), 4, RateLimit(permits: 2, per: .milliseconds(800))),
        (RateLimit(permits: 1, per: .seconds(1)), 4, RateLimit(permits: 1, per: .seconds(4))),
        (RateLimit(permits: 0, per: .seconds(1)), 4, RateLimit(permits: 0, per: .seconds(1))),
        (RateLimit(permits: 7, per: .seconds(1)), 1, RateLimit(permits: 7, per: .seconds(1))),
    ])
    func shares(_ limit: RateLimit, _ replicas: Int, _ expected: RateLimit) {
        #expect(limit.share(of: replicas) == expected)
    }
}
