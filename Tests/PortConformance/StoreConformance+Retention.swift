import ChannelSDK
import Pipeline
import Testing

// MARK: - Removing

extension StoreConformance {
    static let removing: [ConformanceCase<any NotificationStore>] = [
        .init("only what is old and wholly done is removed", onlyWhatIsDone),
        .init("a walk removes the oldest first, so many at a time", walksOldestFirst),
        .init("what a provider called a removed delivery is forgotten", forgetsProviderNames),
        .init("a removed notification's id can be used anew, its row's number can't", usedAnew),
        .init("an applier that still has a removed notification at hand is refused", refusesStaleStates),
        .init("fences stay what they are", fencesStay),
        .init("several remove at once, each notification once", severalRemove),
        .init("a late report meets a removal: one of them wins", reportsMeetRemovals),
        .init("a repeat meets a removal: it is a repeat or a beginning", repeatsMeetRemovals),
    ]

    /// Old means: accepted at 1000 and last changed at 2000.
    private static let moment = Timestamp.at(5000)

    @Sendable static func onlyWhatIsDone(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project((0..<9).map { .sample($0, steps: ["sms", "sms"]) })
        // 8 was never taken: it is ready. 0 to 6 are settled, but:
        try await store.withdraw(Array(0..<8))
        try await store.settle([0, 1, 3, 4, 5, 6])
        try await store.settle([1], .closed)
        try await store.settle([2], .open)
        try await store.settle([3], at: 5000)
        try await store.settle([4, 5], ordinal: 2, isNew: true)
        try await store.settle([5], .open, ordinal: 2)
        let six = try #require(try await store.state(6))
        try await store.apply { $0.ready = [six.ready(due: 9)] }
        try await store.settle([7])
        let seven = try #require(try await store.state(7))
        try await store.apply { $0.ready = [seven.ready(due: 1)] }
        #expect(try await store.claim(1, at: 5).map(\.delivery) == [.numbered(7)])
        let before = try await store.counts()
        #expect(before == StoreCounts(notifications: 9, open: 3, ready: 2, claimed: 1, parked: 0))

        let step = try await store.removeSettled(before: moment, after: nil, limit: 100)
        #expect(step == RetentionStep(removed: 3, next: nil))
        for number in 0..<9 {
            let isGone = [0, 1, 4].contains(number)
            #expect((try await store.notification(.numbered(number)) == nil) == isGone, "notification \(number)")
            #expect((try await store.state(number) == nil) == isGone, "notification \(number)")
        }
        #expect(
            try await store.counts() == StoreCounts(notifications: 6, open: 3, ready: 2, claimed: 1, parked: 0))
        #expect(try await store.removeSettled(before: moment, after: nil, limit: 100).removed == 0)
        // What was younger is old enough later.
        #expect(try await store.removeSettled(before: .at(5001), after: nil, limit: 100).removed == 1)
        #expect(try await store.removeSettled(before: .at(1000), after: nil, limit: 100).removed == 0)
        try await backend.end(.clean)
    }

    @Sendable static func walksOldestFirst(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project((0..<10).map { .sample($0) })
        try await store.project((10..<13).map { .sample($0, acceptedAt: 6000) })
        try await store.withdraw(Array(0..<13))
        try await store.settle([0, 1, 2, 4, 5, 6, 7, 8, 9])
        try await store.settle([10, 11, 12], at: 7000)
        let first = try await store.removeSettled(before: moment, after: nil, limit: 3)
        #expect(first.removed == 3 && first.next != nil)
        #expect(try await store.load((0..<13).map { .numbered($0) }).count == 10)
        #expect(try await store.state(2) == nil)
        #expect(try await store.state(4) != nil)
        // Goes on behind what could not be removed, also in another run.
        store = try await backend.reopen(after: .abrupt)
        var removed: [Int] = []
        var cursor = first.next
        while let after = cursor {
            let step = try await store.removeSettled(before: moment, after: after, limit: 3)
            removed.append(step.removed)
            cursor = step.next
        }
        #expect(removed.prefix(2) == [2, 3] && removed.reduce(0, +) == 6)
        let left = try await store.load((0..<13).map { .numbered($0) }).map(\.id)
        #expect(Set(left) == Set([3, 10, 11, 12].map { NotificationID.numbered($0) }))
        #expect(try await store.counts().notifications == 4)
        try await backend.end(.clean)
    }

    @Sendable static func forgetsProviderNames(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1), .sample(2)])
        try await store.withdraw([1, 2])
        func key(_ id: String) -> CorrelationKey { .providerMessage(channel: "sms", id: id) }
        for (number, names) in [(1, ["SM1", "part a", "part ü", "shared"]), (2, ["SM2", "shared"])] {
            let state = try #require(try await store.state(number))
            var delivery = state.deliveries[0]
            delivery.providerMessageID = names[0]
            delivery.expectedParts = Array(names.dropFirst())
            delivery.parts = ["part a": "delivered"]
            try await store.apply {
                $0.updates = [state.update(delivery)]
                $0.correlations = names.map { .init(channel: "sms", providerMessageID: $0, delivery: delivery.id) }
            }
        }
        try await store.settle([1])
        #expect(try await store.removeSettled(before: moment, after: nil, limit: 100).removed == 1)
        let names = ["SM1", "part a", "part ü", "shared", "SM2"]
        let answers = try await store.correlate(
            names.enumerated().map { .about(key($1), source: Int64($0)) } + [
                .about(.notification(.numbered(1)), source: 9)
            ])
        // What the other has come to be known by stays.
        #expect(answers == [nil, nil, nil, .numbered(2), .numbered(2), nil])
        // They wait, and are given up when nobody claims them.
        #expect(try await store.counts().parked == 4)
        #expect(try await store.releasableReports(limit: 9).isEmpty)
        #expect(try await store.expiredReports(before: .at(1001), limit: 9).count == 4)
        try await backend.end(.clean)
    }

    @Sendable static func usedAnew(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project((0..<3).map { .sample($0) })
        try await store.withdraw([0, 1, 2])
        try await store.settle([0, 1, 2])
        let old = try await store.load((0..<3).map { .numbered($0) }).map(\.row)
        let entry = try #require(try await store.state(2)).entry(3, change: .numbered(1))
        try await store.apply { $0.timeline = [entry] }
        #expect(try await store.removeSettled(before: moment, after: nil, limit: 100).removed == 3)
        #expect(try await store.counts().notifications == 0)
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.project([.sample(2, body: "other"), .sample(5)]).outcomes == [.inserted, .inserted])
        let view = try #require(try await store.notification(.numbered(2)))
        #expect(view.timeline.isEmpty && view.state.deliveries.map(\.settlement) == [.open])
        #expect(view.payload == AcceptedNotification.sample(2, body: "other").payload)
        #expect(try await store.changes(of: [.numbered(2)], partition: 0, offsets: 0..<99).isEmpty)
        let new = try await store.load([.numbered(2), .numbered(5)]).map(\.row)
        #expect(Set(new).count == 2 && Set(new).isDisjoint(with: old))
        #expect(
            try await store.counts() == StoreCounts(notifications: 2, open: 2, ready: 2, claimed: 0, parked: 0))
        try await backend.end(.clean)
    }

    @Sendable static func refusesStaleStates(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1), .sample(2)])
        try await store.withdraw([1, 2])
        try await store.settle([1])
        let (gone, other) = (try #require(try await store.state(1)), try #require(try await store.state(2)))
        #expect(try await store.removeSettled(before: moment, after: nil, limit: 100).removed == 1)
        let begun = try await store.beginEpoch(.applier, partition: 0)
        var application = Application(fence: begun.fence, nextOffset: 70)
        var delivery = other.deliveries[0]
        delivery.status = "sent"
        application.updates = [gone.update(gone.deliveries[0]), other.update(delivery)]
        application.timeline = [other.entry(69), gone.entry(69)]
        application.correlations = [.init(channel: "sms", providerMessageID: "SM1", delivery: gone.deliveries[0].id)]
        let refused = application
        await #expect(throws: StoreError.fenced) { try await store.apply(refused) }
        #expect(try await store.state(2) == other)
        #expect(try await store.notification(.numbered(2))?.timeline.isEmpty == true)
        #expect(try await store.notification(.numbered(1)) == nil)
        #expect(try await store.counts() == StoreCounts(notifications: 1, open: 1, ready: 0, claimed: 0, parked: 0))
        let next = try await store.beginEpoch(.applier, partition: 0)
        #expect(next.nextOffset == begun.nextOffset)
        try await backend.end(.clean)
    }

    @Sendable static func fencesStay(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1), .sample(2)])
        try await store.withdraw([1, 2])
        try await store.settle([1])
        let stale = try await store.beginEpoch(.applier, partition: 0).fence
        let current = try await store.beginEpoch(.applier, partition: 0)
        let offsets = try await store.projectedOffsets()
        #expect(try await store.removeSettled(before: moment, after: nil, limit: 100).removed == 1)
        #expect(try await store.isCurrent(current.fence))
        #expect(try await !store.isCurrent(stale))
        #expect(try await store.projectedOffsets() == offsets)
        await #expect(throws: StoreError.fenced) { try await store.apply(Application(fence: stale, nextOffset: 9)) }
        _ = try await store.apply(Application(fence: current.fence, nextOffset: 9))
        #expect(try await store.beginEpoch(.applier, partition: 0).nextOffset == max(9, current.nextOffset))
        try await backend.end(.clean)
    }

    @Sendable static func severalRemove(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let count = 120
        try await store.project((0..<count).map { .sample($0) })
        try await store.withdraw(Array(0..<count))
        try await store.settle(Array(0..<count))
        try await store.project([.sample(count, acceptedAt: 6000)])
        let removed = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for _ in 0..<4 { tasks.addTask { try await store.removeAll(before: moment, limit: 7) } }
            return try await tasks.reduce(0, +)
        }
        // What one has under way the others pass over; nobody failed, so nothing is left.
        #expect(removed == count)
        #expect(try await store.counts() == StoreCounts(notifications: 1, open: 1, ready: 1, claimed: 0, parked: 0))
        #expect(try await store.load((0...count).map { .numbered($0) }).map(\.id) == [.numbered(count)])
        try await backend.end(.clean)
    }

    @Sendable static func reportsMeetRemovals(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let count = 60
        try await store.project((0..<count).map { .sample($0, steps: ["sms", "sms"]) })
        try await store.withdraw(Array(0..<count))
        try await store.settle(Array(0..<count))
        let states = try await store.load((0..<count).map { .numbered($0) })
        // Each is of a partition of its own, whose owners know nothing of each other.
        var fences: [Fence] = []
        for partition in 0..<count { fences.append(try await store.beginEpoch(.applier, partition: partition).fence) }
        // Each starts a second delivery, and changes nothing of the first but its detail.
        let applied = try await withThrowingTaskGroup(of: NotificationID?.self) { tasks in
            tasks.addTask {
                _ = try await store.removeAll(before: moment, limit: 5)
                return nil
            }
            for (number, (state, fence)) in zip(states, fences).enumerated().reversed() {
                tasks.addTask {
                    var application = Application(fence: fence, nextOffset: 1)
                    let second = DeliveryState(
                        id: DeliveryID(notification: state.id, ordinal: 2), channel: "sms", step: 1, graphVersion: 3,
                        createdAt: .at(3000))
                    application.updates = [state.update(second), state.update(state.deliveries[0])]
                    application.timeline = [state.entry(Int64(number))]
                    do throws(StoreError) {
                        _ = try await store.apply(application)
                        return state.id
                    } catch {
                        #expect(error == .fenced)
                        return nil
                    }
                }
            }
            return try await tasks.reduce(into: Set<NotificationID>()) { if let id = $1 { $0.insert(id) } }
        }
        let left = try await store.load(states.map(\.id))
        #expect(Set(left.map(\.id)) == applied)
        #expect(left.allSatisfy { $0.deliveries.count == 2 })
        for id in applied { #expect(try await store.notification(id)?.timeline.count == 1) }
        let counts = try await store.counts()
        #expect(counts.notifications == applied.count && counts.open == applied.count)
        try await backend.end(.clean)
    }

    @Sendable static func repeatsMeetRemovals(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let count = 60
        try await store.project((0..<count).map { .sample($0) })
        try await store.withdraw(Array(0..<count))
        try await store.settle(Array(0..<count))
        let fences = try await (0..<6).asyncMap { try await store.beginEpoch(.projector, partition: $0).fence }
        let begun = try await withThrowingTaskGroup(of: [NotificationID].self) { tasks in
            tasks.addTask {
                _ = try await store.removeAll(before: moment, limit: 5)
                return []
            }
            for (index, fence) in fences.enumerated() {
                let again = (0..<10).map { AcceptedNotification.sample(index * 10 + $0, acceptedAt: 6000) }
                tasks.addTask {
                    let projection = Projection(
                        fence: fence, nextOffset: 100, owner: .first,
                        rows: again.map { .init(notification: $0, graphVersion: 3, isClaimed: true) })
                    while true {
                        do throws(StoreError) {
                            let receipt = try await store.project(projection)
                            return zip(again, receipt.outcomes).filter { $0.1 == .inserted }.map(\.0.id)
                        } catch {
                            // A new owner would try again: here the fence still holds.
                            #expect(error == .fenced)
                            try Task.checkCancellation()
                        }
                    }
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        let left = try await store.load((0..<count).map { .numbered($0) })
        #expect(Set(left.map(\.id)) == Set(begun))
        #expect(left.allSatisfy { $0.deliveries.map(\.settlement) == [.open] })
        let counts = try await store.counts()
        #expect(counts.notifications == begun.count && counts.claimed == begun.count && counts.open == begun.count)
        try await backend.end(.clean)
    }
}

extension RetentionStore {
    /// A whole walk; how many it removed.
    fileprivate func removeAll(before moment: Timestamp, limit: Int) async throws -> Int {
        var (removed, cursor) = (0, RetentionCursor?.none)
        repeat {
            let step = try await removeSettled(before: moment, after: cursor, limit: limit)
            (removed, cursor) = (removed + step.removed, step.next)
        } while cursor != nil
        return removed
    }
}

extension ApplicationStore {
    /// Takes first deliveries out of the ready index.
    fileprivate func withdraw(_ numbers: [Int]) async throws {
        let states = try await load(numbers.map { .numbered($0) })
        try await apply {
            $0.withdrawals = states.map { .init(delivery: $0.deliveries[0].id, row: $0.row) }
        }
    }

    /// Gives deliveries of the notifications a settlement, changed at `moment`.
    fileprivate func settle(
        _ numbers: [Int], _ settlement: Settlement = .settled, at moment: Int64 = 2000, ordinal: UInt16 = 1,
        isNew: Bool = false
    ) async throws {
        let states = try await load(numbers.map { .numbered($0) })
        try await apply {
            $0.updates = states.map { state in
                var delivery =
                    isNew
                    ? DeliveryState(
                        id: DeliveryID(notification: state.id, ordinal: ordinal), channel: "sms", step: 1,
                        graphVersion: 3, createdAt: .at(moment)) : state.deliveries[Int(ordinal) - 1]
                delivery.settlement = settlement
                delivery.updatedAt = .at(moment)
                return state.update(delivery)
            }
        }
    }
}

extension Sequence {
    fileprivate func asyncMap<Value>(_ transform: (Element) async throws -> Value) async rethrows -> [Value] {
        var values: [Value] = []
        for element in self { values.append(try await transform(element)) }
        return values
    }
}
