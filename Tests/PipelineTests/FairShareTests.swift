import ChannelSDK
import Testing

@testable import Pipeline

@Suite struct FairShareTests {
    private func shares(_ urgency: NotificationClass, _ accounts: String...) -> [ReadyShare] {
        accounts.map { ReadyShare(urgency: urgency, account: $0) }
    }

    private func counts(_ picks: [ClaimOrder.Pick]) -> [String: Int] {
        Dictionary(picks.map { ("\($0.share.account) \($0.share.urgency)", $0.count) }, uniquingKeysWith: +)
    }

    @Test func accountsShareEqually() {
        var fair = FairShare()
        let picks = fair.picks(shares(.normal, "a", "b", "c"), room: 10, reserve: 0)
        #expect(counts(picks) == ["a normal": 4, "b normal": 3, "c normal": 3])
    }

    @Test func theUrgentComeFirstAndTakeTheReserve() {
        var fair = FairShare()
        let both = shares(.urgent, "a") + shares(.normal, "b")
        #expect(counts(fair.picks(both, room: 8, reserve: 2)) == ["a urgent": 8])
        #expect(counts(fair.picks(shares(.normal, "b"), room: 8, reserve: 2)) == ["b normal": 6])
        #expect(fair.picks(shares(.normal, "b"), room: 2, reserve: 2).isEmpty)
    }

    @Test func bulkIsNeverQuiteStarved() {
        var fair = FairShare()
        let both = shares(.normal, "a") + shares(.bulk, "b")
        #expect(counts(fair.picks(both, room: 8, reserve: 0)) == ["a normal": 6, "b bulk": 2])
        #expect(counts(fair.picks(both, room: 1, reserve: 0)) == ["b bulk": 1])
        #expect(counts(fair.picks(shares(.bulk, "b"), room: 8, reserve: 0)) == ["b bulk": 8])
    }

    /// A look-up with little room still reaches everybody: the store begins behind the account that came last.
    @Test func turnsGoRoundAllAccounts() {
        let accounts = (0..<10).map { "account-\($0)" }
        var fair = FairShare()
        var served: [String: Int] = [:]
        for _ in 0..<100 {
            let after = fair.lastAccount.flatMap { accounts.firstIndex(of: $0) }.map { $0 + 1 } ?? 0
            let order = accounts[after...] + accounts[..<after]
            let picks = fair.picks(order.map { ReadyShare(urgency: .normal, account: $0) }, room: 3, reserve: 0)
            for pick in picks { served[pick.share.account, default: 0] += pick.count }
        }
        #expect(served.values.allSatisfy { $0 == 30 }, "\(served)")
    }

    @Test func neverMoreThanThereIsRoomFor() {
        let seed = UInt64.random(in: 0...UInt64.max)
        var generator = SplitMix64(seed: seed)
        for _ in 0..<2000 {
            let shares = NotificationClass.allCases.flatMap { urgency in
                (0..<Int.random(in: 0...5, using: &generator)).map { ReadyShare(urgency: urgency, account: "\($0)") }
            }
            let room = Int.random(in: 0...40, using: &generator)
            let reserve = Int.random(in: 0...max(0, room), using: &generator)
            var fair = FairShare()
            let picks = fair.picks(shares, room: room, reserve: reserve)
            let total = picks.reduce(0) { $0 + $1.count }
            let urgent = picks.filter { $0.share.urgency == .urgent }.reduce(0) { $0 + $1.count }
            #expect(total <= room && total - urgent <= room - reserve, "seed \(seed)")
            #expect(picks.allSatisfy { $0.count > 0 }, "seed \(seed)")
            #expect(Set(picks.map(\.share)).count == picks.count, "seed \(seed)")
        }
    }
}
