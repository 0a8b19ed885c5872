import NIOCore
import Testing

@testable import ProviderSandbox

@Suite("The sandbox's decisions")
struct FaultPlanTests {
    private static let keys = (0..<20_000).map { "delivery-\($0)" }

    private func plan(seed: UInt64 = 7, _ rates: FaultRates, latency: DelayRange = .zero) -> FaultPlan {
        FaultPlan(seed: seed, rates: rates, latency: latency)
    }

    @Test("the same seed decides the same, in whatever order it is asked")
    func reproducible() {
        let rates = FaultRates(
            failBefore: 0.1, closeBefore: 0.05, failAfter: 0.1, throttle: 0.1, hang: 0.1, drop: 0.1, shuffle: 0.5,
            duplicate: 0.3)
        let latency = DelayRange(shortest: .milliseconds(1), longest: .milliseconds(9))
        func decisions(seed: UInt64, _ keys: [String]) -> [String: [String]] {
            let plan = plan(seed: seed, rates, latency: latency)
            return Dictionary(
                uniqueKeysWithValues: keys.map { key in
                    let fates = (1...3).map { "\(plan.fate(of: key, attempt: $0))" }
                    return (key, fates + ["\(plan.reports(of: key, acceptance: 1, steps: 2))"])
                })
        }
        let keys = Array(Self.keys.prefix(500))
        #expect(decisions(seed: 7, keys) == decisions(seed: 7, keys.reversed()))
        #expect(decisions(seed: 7, keys) != decisions(seed: 8, keys))
    }

    @Test("each attempt of a message is decided on its own")
    func attempts() {
        let plan = plan(FaultRates(failBefore: 0.5))
        let refusedTwice = Self.keys.count {
            plan.fate(of: $0, attempt: 1) != .answered && plan.fate(of: $0, attempt: 2) != .answered
        }
        #expect(isNear(refusedTwice, 0.25))
    }

    @Test("each fault of a request is as frequent as its knob says, and none other appears")
    func requestRates() {
        let plan = plan(FaultRates(failBefore: 0.2, closeBefore: 0.05, failAfter: 0.1, throttle: 0.15, hang: 0.08))
        var counts: [RequestFate: Int] = [:]
        for key in Self.keys { counts[plan.fate(of: key, attempt: 1), default: 0] += 1 }
        let expected: [RequestFate: Double] = [
            .throttled: 0.15, .refused(status: 500): 0.1, .refused(status: 503): 0.1, .closed: 0.05, .answerLost: 0.1,
            .hung(taken: true): 0.04, .hung(taken: false): 0.04, .answered: 0.42,
        ]
        #expect(Set(counts.keys) == Set(expected.keys))
        for (fate, rate) in expected {
            #expect(isNear(counts[fate] ?? 0, rate), "\(fate)")
        }
    }

    @Test(
        "a rate of 1 always happens, a rate of 0 never",
        arguments: [
            (FaultRates(failAfter: 1), [RequestFate.answerLost]), (FaultRates(throttle: 1), [.throttled]),
            (FaultRates(closeBefore: 1), [.closed]), (FaultRates(), [.answered]),
            (FaultRates(failBefore: 1), [.refused(status: 500), .refused(status: 503)]),
            (FaultRates(hang: 1), [.hung(taken: true), .hung(taken: false)]),
        ])
    func extremes(rates: FaultRates, expected: [RequestFate]) {
        let plan = plan(rates)
        let fates = Set(Self.keys.map { plan.fate(of: $0, attempt: 1) })
        #expect(fates == Set(expected))
    }

    @Test("reports are dropped, doubled and shuffled as often as the knobs say")
    func reportRates() {
        let plan = plan(FaultRates(drop: 0.1, shuffle: 0.5, duplicate: 0.3))
        let plans = Self.keys.map { plan.reports(of: $0, acceptance: 1, steps: 1) }
        #expect(isNear(plans.count(where: \.isDropped), 0.1))
        #expect(isNear(plans.count(where: \.isShuffled), 0.5))
        #expect(isNear(plans.count { $0.reports.count == 2 }, 0.3))
        #expect(plans.allSatisfy { (1...2).contains($0.reports.count) })
    }

    @Test("one knob does not change what another one does")
    func independence() {
        let few = plan(FaultRates(drop: 0.1))
        let many = plan(FaultRates(drop: 0.1, shuffle: 1, duplicate: 1))
        for key in Self.keys.prefix(2000) {
            let one = few.reports(of: key, acceptance: 1, steps: 2)
            let other = many.reports(of: key, acceptance: 1, steps: 2)
            #expect(one.isDropped == other.isDropped)
        }
    }

    @Test("without shuffling, reports keep the order of the script and repeats follow at once")
    func ordered() {
        let reports = plan(FaultRates(duplicate: 1)).reports(of: "a", acceptance: 1, steps: 3).reports
        #expect(reports.map(\.step) == [0, 0, 1, 1, 2, 2])
    }

    @Test("shuffled reports are all there, come in both orders, and each no earlier than the one before it")
    func shuffled() {
        let plan = plan(FaultRates(shuffle: 1))
        let plans = Self.keys.map { plan.reports(of: $0, acceptance: 1, steps: 2) }
        #expect(plans.allSatisfy { $0.reports.map(\.step).sorted() == [0, 1] })
        #expect(isNear(plans.count { $0.reports[0].step == 1 }, 0.5))
        #expect(plans.allSatisfy { $0.reports[0].delay <= $0.reports[1].delay })
    }

    @Test("delays keep within the latency")
    func latency() {
        let range = DelayRange(shortest: .milliseconds(20), longest: .milliseconds(200))
        let plan = plan(FaultRates(), latency: range)
        let delays = Self.keys.prefix(2000).flatMap {
            plan.reports(of: $0, acceptance: 1, steps: 2).reports.map(\.delay)
        }
        #expect(delays.allSatisfy { range.shortest <= $0 && $0 <= range.longest })
        #expect(Set(delays).count > 3000)
    }

    @Test(
        "rates that cannot be kept are refused",
        arguments: [
            (FaultRates(failBefore: 0.6, failAfter: 0.6), "together are at most 1"),
            (FaultRates(drop: 1.5), "from 0 (never) to 1"), (FaultRates(hang: -0.1), "from 0 (never) to 1"),
        ])
    func problems(rates: FaultRates, expected: String) {
        #expect(rates.problem?.contains(expected) == true)
    }

    @Test("rates that add up to 1 are fine")
    func noProblem() {
        let rates = FaultRates(failBefore: 0.1, closeBefore: 0.2, failAfter: 0.3, throttle: 0.1, hang: 0.3, drop: 1)
        #expect(rates.problem == nil)
    }

    /// Within five standard deviations of what the rate makes likely. The keys and seeds are fixed: no luck is involved.
    private func isNear(_ count: Int, _ rate: Double) -> Bool {
        let total = Double(Self.keys.count)
        let deviation = (total * rate * (1 - rate)).squareRoot()
        return abs(Double(count) - total * rate) <= 5 * deviation
    }
}
