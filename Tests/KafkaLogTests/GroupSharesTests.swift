import Pipeline
import Testing

@testable import KafkaLog

/// What a member of a group is told, and what it may do, step by step.
struct GroupSharesTests {
    private var shares = GroupShares<String>()

    private mutating func owning(_ partitions: [Int]) {
        shares.assign(Dictionary(uniqueKeysWithValues: partitions.map { ($0, "queue \($0)") }))
        for _ in partitions { _ = shares.nextNotice() }
    }

    private mutating func notices(_ count: Int) -> [String] {
        (0..<count).compactMap { _ in shares.nextNotice()?.text }
    }

    @Test mutating func assignmentsAreToldInOrderBeforeRecords() {
        shares.assign([2: "b", 0: "a"])
        #expect(notices(3) == ["assigned 0", "assigned 2"])
        #expect(shares.turns.map(\.partition) == [0, 2])
    }

    @Test mutating func partitionsTakeTurns() {
        owning([0, 1, 2])
        shares.served(1)
        #expect(shares.turns.map(\.partition) == [2, 0, 1])
        shares.hold(2, true)
        #expect(shares.turns.map(\.partition) == [0, 1])
        shares.hold(2, false)
        #expect(shares.turns.map(\.partition) == [2, 0, 1])
    }

    @Test mutating func aRevokedPartitionMayBeCommittedUntilTheMemberComesBack() {
        owning([0, 1])
        shares.revoke([0])
        #expect(shares.isGivingBack)
        #expect(notices(1) == ["revoked 0"])
        #expect(shares.isGivingBack)
        #expect(shares.turns.map(\.partition) == [1])
        let isOwner = shares.commit(0, 7)
        #expect(isOwner)
        let gaveBack = shares.comeBack()
        #expect(gaveBack)
        #expect(!shares.isGivingBack)
        #expect(shares.unconfirmed == [0: 7])
        shares.remove([0])
        let isStillOwner = shares.commit(0, 8)
        #expect(!isStillOwner)
        #expect(shares.unconfirmed.isEmpty)
    }

    @Test mutating func whatIsRevokedTogetherIsToldTogether() {
        owning([0, 1, 2, 3])
        shares.revoke([0, 2])
        shares.assign([5: "f"])
        shares.revoke([1])
        #expect(notices(4) == ["revoked 0, 2", "assigned 5", "revoked 1"])
        #expect(shares.turns.map(\.partition) == [3, 5])
        let gaveBack = shares.comeBack()
        #expect(gaveBack && !shares.isGivingBack)
    }

    @Test mutating func whatTheMemberNeverHeardOfIsGivenBackWithoutIt() {
        shares.assign([3: "c"])
        shares.revoke([3])
        #expect(!shares.isGivingBack)
        #expect(notices(1).isEmpty)
        let isOwner = shares.commit(3, 1)
        #expect(!isOwner)
    }

    @Test mutating func anAssignmentAnewForgetsWhatWasHeldAndCommitted() {
        owning([0])
        shares.hold(0, true)
        _ = shares.commit(0, 9)
        shares.revoke([0])
        _ = shares.nextNotice()
        _ = shares.comeBack()
        owning([0])
        #expect(shares.turns.map(\.partition) == [0])
        #expect(shares.unconfirmed.isEmpty)
    }

    @Test mutating func onlyWhatTheClusterHasIsConfirmed() {
        owning([0, 1])
        _ = shares.commit(0, 5)
        _ = shares.commit(1, 5)
        let sent = shares.unconfirmed
        _ = shares.commit(0, 6)
        shares.confirm(sent)
        #expect(shares.unconfirmed == [0: 6])
        // An older commit takes nothing back.
        _ = shares.commit(0, 2)
        #expect(shares.unconfirmed == [0: 6])
    }
}

extension SubscriptionEvent {
    fileprivate var text: String {
        switch self {
        case .assigned(let partition): "assigned \(partition)"
        case .revoked(let partitions): "revoked \(partitions.map(String.init).joined(separator: ", "))"
        case .records(let partition, let records): "\(records.count) records of \(partition)"
        }
    }
}
