/// Divides a channel's free places among what is ready: urgent before the rest, bulk never quite starved, accounts in
/// turn.
///
/// Every delivery costs one place, so turns of equal size are as fair as deficits would make them; what an account does
/// not use is divided again in the next round.
public struct FairShare: Sendable {
    /// The account whose turn came last.
    public private(set) var lastAccount: String?

    public init() {}

    /// - Parameters:
    ///   - room: free places for any class.
    ///   - reserve: of these, how many only urgent deliveries may take.
    public mutating func picks(_ shares: [ReadyShare], room: Int, reserve: Int) -> [ClaimOrder.Pick] {
        var picks: [ClaimOrder.Pick] = []
        let urgent = shares.filter { $0.urgency == .urgent }
        var left = room
        left -= divide(left, among: urgent, into: &picks)
        let open = min(left, max(0, room - reserve))
        let normal = shares.filter { $0.urgency == .normal }
        let bulk = shares.filter { $0.urgency == .bulk }
        let forBulk = normal.isEmpty ? open : min(open, max(bulk.isEmpty ? 0 : 1, open / 4))
        let usedByBulk = divide(bulk.isEmpty ? 0 : forBulk, among: bulk, into: &picks)
        _ = divide(open - usedByBulk, among: normal, into: &picks)
        lastAccount = picks.last?.share.account ?? lastAccount
        return picks
    }

    private func divide(_ room: Int, among shares: [ReadyShare], into picks: inout [ClaimOrder.Pick]) -> Int {
        guard room > 0, !shares.isEmpty else { return 0 }
        let (each, more) = room.quotientAndRemainder(dividingBy: shares.count)
        for (index, share) in shares.enumerated() {
            let count = each + (index < more ? 1 : 0)
            if count > 0 { picks.append(.init(share: share, count: count)) }
        }
        return room
    }
}
