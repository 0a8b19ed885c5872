import ChannelSDK
import Pipeline
import Testing

// MARK: - Subscribing

extension EventLogConformance {
    static let subscribing: [ConformanceCase<any EventLog>] = [
        .init("a waiting subscription hears of a new record", waitingSubscription),
        .init("no more records at a time than asked for", limitHolds),
        .init("groups do not disturb each other", groupsAreIndependent),
        .init("a partition that is held gives nothing and holds up no other", heldPartition),
        .init("closing ends a waiting call", closeEndsWaiting),
        .init("a later member goes on behind what was committed", laterMemberGoesOn),
    ]

    @Sendable static func waitingSubscription(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let subscription = try await log.subscribe(to: .webhookReceived, group: "correlator")
        async let received = subscription.records(1)
        try await log.append([LogSample(1)].batch, to: .webhookReceived)
        #expect(try await received.map { LogSample($0.record) } == [LogSample(1)])
        await subscription.close()
        try await backend.end(.clean)
    }

    @Sendable static func limitHolds(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append((0..<100).map { LogSample($0) }.batch, to: .deliveryReport)
        let subscription = try await log.subscribe(to: .deliveryReport, group: "applier")
        var seen = 0
        while seen < 100, let event = try await subscription.next(limit: 7) {
            guard case .records(_, let records) = event else { continue }
            #expect(!records.isEmpty && records.count <= 7)
            seen += records.count
        }
        await subscription.close()
        try await backend.end(.clean)
    }

    @Sendable static func groupsAreIndependent(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append((0..<20).map { LogSample($0) }.batch, to: .deliveryReport)
        let first = try await log.drain(.deliveryReport, group: "one", count: 20, commits: true)
        let second = try await log.drain(.deliveryReport, group: "two", count: 20)
        #expect(Set(first) == Set(second))
        try await backend.end(.clean)
    }

    @Sendable static func heldPartition(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let partitions = try await log.partitionCount(of: .deliveryReport)
        let samples = (0..<200).map { LogSample($0) }
        let subscription = try await log.subscribe(to: .deliveryReport, group: "applier")
        _ = try await subscription.ownership(of: partitions)
        subscription.hold(partition: 0)
        try await log.append(samples.batch, to: .deliveryReport)
        let held = samples.filter { log.partition(of: $0.key!, in: .deliveryReport) == 0 }
        let free = try await subscription.records(samples.count - held.count)
        #expect(free.allSatisfy { $0.partition != 0 })
        async let rest = subscription.records(held.count)
        subscription.resume(partition: 0)
        #expect(Set(try await rest.map { LogSample($0.record) }) == Set(held))
        await subscription.close()
        try await backend.end(.clean)
    }

    @Sendable static func closeEndsWaiting(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let subscription = try await log.subscribe(to: .deliveryReport, group: "applier")
        let waiting = Task {
            while try await subscription.next(limit: 10) != nil {}
            return true
        }
        await subscription.close()
        #expect(try await waiting.value)
        #expect(try await subscription.next(limit: 10) == nil)
        try await backend.end(.clean)
    }

    @Sendable static func laterMemberGoesOn(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append((0..<30).map { LogSample($0) }.batch, to: .deliveryReport)
        let first = try await log.drain(.deliveryReport, group: "applier", count: 30, commits: true)
        try await log.append((30..<40).map { LogSample($0) }.batch, to: .deliveryReport)
        let second = try await log.drain(.deliveryReport, group: "applier", count: 10)
        #expect(Set(first.map(LogSample.init)).isDisjoint(with: second.map(LogSample.init)))
        #expect(Set(second.map(LogSample.init)) == Set((30..<40).map { LogSample($0) }))
        try await backend.end(.clean)
    }
}

// MARK: - Sharing

extension EventLogConformance {
    static let sharing: [ConformanceCase<any EventLog>] = [
        .init("a group's members share the partitions, one owner each", membersShare),
        .init("who has left may not commit", onlyOwnersCommit),
    ]

    /// Two members read side by side, then one leaves and the other inherits its partitions.
    @Sendable static func membersShare(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let partitions = try await log.partitionCount(of: .deliveryReport)
        let first = try await log.subscribe(to: .deliveryReport, group: "applier")
        #expect(try await first.ownership(of: partitions) == Set(0..<partitions))
        let second = try await log.subscribe(to: .deliveryReport, group: "applier")
        let board = OwnershipBoard()
        async let firstEnd: Void = board.follow(first, as: 1, alreadyOwning: Set(0..<partitions))
        async let secondEnd: Void = board.follow(second, as: 2)
        if partitions > 1 { await board.waitUntil { Set($0.values) == [1, 2] } }
        await first.close()
        await board.waitUntil { owners in (0..<partitions).allSatisfy { owners[$0] == 2 } }
        try await log.append((0..<10).map { LogSample($0) }.batch, to: .deliveryReport)
        await board.waitForRecords(10)
        await second.close()
        _ = try await (firstEnd, secondEnd)
        #expect(await board.conflicts.isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func onlyOwnersCommit(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append((0..<10).map { LogSample($0) }.batch, to: .deliveryReport)
        let subscription = try await log.subscribe(to: .deliveryReport, group: "applier")
        let received = try await subscription.records(10)
        await subscription.close()
        let last = try #require(received.last)
        await #expect(throws: LogError.notOwner) {
            try await subscription.commit(partition: last.partition, offset: last.record.offset + 1)
        }
        let again = try await log.drain(.deliveryReport, group: "applier", count: 10)
        #expect(Set(again) == Set(received.map(\.record)))
        try await backend.end(.clean)
    }
}

/// Keeps score of who owns which partition.
private actor OwnershipBoard {
    private var owners: [Int: Int] = [:]
    private var seen: Set<LogPosition> = []
    private var watchers: [CheckedContinuation<Void, Never>] = []
    private(set) var conflicts: [String] = []

    func follow(_ subscription: any LogSubscription, as member: Int, alreadyOwning: Set<Int> = []) async throws {
        for partition in alreadyOwning { owners[partition] = member }
        while let event = try await subscription.next(limit: 100) { note(event, member) }
        // Whoever leaves gives everything back.
        for (partition, owner) in owners where owner == member { owners[partition] = nil }
        notify()
    }

    func waitUntil(_ holds: ([Int: Int]) -> Bool) async {
        while !holds(owners) { await withCheckedContinuation { watchers.append($0) } }
    }

    func waitForRecords(_ count: Int) async {
        while seen.count < count { await withCheckedContinuation { watchers.append($0) } }
    }

    private func note(_ event: SubscriptionEvent, _ member: Int) {
        switch event {
        case .assigned(let partition):
            owners[partition] = member
        case .revoked(let partitions):
            for partition in partitions where owners[partition] == member { owners[partition] = nil }
        case .records(let partition, let records):
            if let owner = owners[partition], owner != member {
                conflicts.append("member \(member) read partition \(partition) of member \(owner)")
            }
            for record in records { seen.insert(LogPosition(partition: partition, offset: record.offset)) }
        }
        notify()
    }

    private func notify() {
        for watcher in watchers { watcher.resume() }
        watchers = []
    }
}
