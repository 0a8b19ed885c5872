import ChannelSDK
import ChannelSMS
import Logging
import Pipeline
import SQLiteBackend
import Testing

/// Any order, with repeats, of any set of the channel's statuses ends in the same status: exhaustively, through the
/// applier and the store.
@Suite struct ConvergenceTests {
    /// Every order of every non-empty set of the channel's statuses, with one of them repeated or none.
    static let cases: [[StatusName]] = {
        let names = SMSChannel.statuses.statuses.map(\.name)
        return (1..<(1 << names.count)).flatMap { bits -> [[StatusName]] in
            let set = names.indices.filter { bits >> $0 & 1 == 1 }.map { names[$0] }
            return ([nil] + set.map(Optional.some)).flatMap { extra in
                Set(permutations(set + [extra].compactMap { $0 }))
            }
        }
    }()

    private static func permutations(_ names: [StatusName]) -> [[StatusName]] {
        guard names.count > 1 else { return [names] }
        return names.indices.flatMap { index in
            var rest = names
            let first = rest.remove(at: index)
            return permutations(rest).map { [first] + $0 }
        }
    }

    @Test func everyOrderEndsInTheHighestStatus() async throws {
        let world = try await AppliedWorld(notifications: Self.cases.count)
        let longest = Self.cases.map(\.count).max() ?? 0
        for turn in 0..<longest {
            // A new owner for each turn: nothing rests on what the last one remembered.
            try await world.newApplier()
            for (index, order) in Self.cases.enumerated() where turn < order.count {
                world.report(.init(kind: .status(order[turn])), of: index)
            }
            try await world.apply()
        }
        let order = try StatusOrder(checking: SMSChannel.statuses)
        let states = try await world.states()
        #expect(states.count == Self.cases.count)
        for (index, statuses) in Self.cases.enumerated() {
            let highest = statuses.max { (order.rank(of: $0) ?? 0) < (order.rank(of: $1) ?? 0) }
            let state = try #require(states[index])
            #expect(state.deliveries[0].status == highest, "\(statuses)")
            // Only moves upwards are changes, each numbered by one more.
            let moves = statuses.reduce(into: [StatusName.accepted]) { moves, name in
                if (order.rank(of: name) ?? 0) > (order.rank(of: moves[moves.count - 1]) ?? 0) { moves.append(name) }
            }
            #expect(state.sequence == moves.count - 1, "\(statuses)")
        }
        await world.close()
    }
}
