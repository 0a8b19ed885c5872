import ChannelSDK
import Pipeline
import Testing

// MARK: - Canceling

extension StoreConformance {
    static let canceling: [ConformanceCase<any NotificationStore>] = [
        .init("what is held for its cancel can't be claimed", heldIsOutOfReach),
        .init("what is claimed or beyond is not held", tooLateToHold),
        .init("of cancels and claims at once exactly one gets each delivery", cancelsAndClaims),
        .init("a cancel that came first holds what is projected after it", earlyCancels),
        .init("that a route has ended is remembered", endedRoutes),
    ]

    @Sendable static func heldIsOutOfReach(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project([.sample(1), .sample(2, notBefore: 900_000), .sample(3)])
        #expect(try await store.holdForCancel(.numbered(99)) == .unknown)
        for _ in 0..<2 {
            #expect(try await store.holdForCancel(.numbered(1)) == .held(.numbered(1)))
            #expect(try await store.holdForCancel(.numbered(2)) == .held(.numbered(2)))
        }
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.counts() == StoreCounts(notifications: 3, open: 3, ready: 1, claimed: 2, parked: 0))
        #expect(try await store.claim(10).map(\.delivery) == [.numbered(3)])
        #expect(try await store.abandonedClaims(limit: 10).allSatisfy { $0.delivery == .numbered(3) })
        #expect(try await store.heldForCancel(atLeast: .zero, limit: 10) == [.numbered(1), .numbered(2)])
        #expect(try await store.heldForCancel(atLeast: .zero, limit: 1).count == 1)
        #expect(try await store.heldForCancel(atLeast: .seconds(3600), limit: 10).isEmpty)
        let state = try #require(try await store.state(1))
        try await store.apply { $0.endedClaims = [state.endedClaim(attempt: 0)] }
        #expect(try await store.heldForCancel(atLeast: .zero, limit: 10) == [.numbered(2)])
        try await backend.end(.clean)
    }

    @Sendable static func tooLateToHold(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1), .sample(2)], claimed: true)
        #expect(try await store.holdForCancel(.numbered(1)) == .refused)
        #expect(try await store.notification(.numbered(1))?.claimed == [.numbered(1)])
        var state = try #require(try await store.state(2))
        state.deliveries[0].status = "sent"
        try await store.apply {
            $0.updates = [state.update(state.deliveries[0])]
            $0.endedClaims = [state.endedClaim(attempt: 1)]
        }
        #expect(try await store.holdForCancel(.numbered(2)) == .refused)
        // A second delivery waits: that is the one to take back.
        let second = DeliveryState(id: .numbered(2, 2), channel: "sms", step: 1, graphVersion: 1, createdAt: .at(1))
        state.deliveries.append(second)
        try await store.apply {
            $0.updates = [.init(row: state.row, delivery: second, before: nil)]
            $0.ready = [state.ready(due: 1, attempt: 1, ordinal: 2)]
        }
        // An attempt at it may have been taken: nobody can say any more that it is not sent.
        var repeated = second
        repeated.settleAt = .at(9000)
        try await store.apply { $0.updates = [state.update(repeated)] }
        #expect(try await store.holdForCancel(.numbered(2)) == .refused)
        #expect(try await store.counts().ready == 1)
        try await store.apply { $0.updates = [.init(row: state.row, delivery: second, before: .init(repeated))] }
        #expect(try await store.holdForCancel(.numbered(2)) == .held(.numbered(2, 2)))
        #expect(try await store.claim(10).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func cancelsAndClaims(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let count = 300
        try await store.project((0..<count).map { .sample($0) })
        enum Taken: Sendable { case claimed([DeliveryID]), held(DeliveryID), refused }
        let (claimed, held, refused) = try await withThrowingTaskGroup(of: [Taken].self) { tasks in
            for worker in 0..<4 {
                tasks.addTask {
                    var taken: [Taken] = []
                    while case let more = try await store.claim(7, owner: OwnerID("worker-\(worker)")), !more.isEmpty {
                        taken.append(.claimed(more.map(\.delivery)))
                    }
                    return taken
                }
                // From the other end, so that they meet in the middle.
                tasks.addTask {
                    var taken: [Taken] = []
                    for number in stride(from: count - 1 - worker, through: 0, by: -4) {
                        switch try await store.holdForCancel(.numbered(number)) {
                        case .held(let delivery): taken.append(.held(delivery))
                        case .refused: taken.append(.refused)
                        case .unknown: Issue.record("\(number) is unknown")
                        }
                    }
                    return taken
                }
            }
            return try await tasks.reduce(into: ([DeliveryID](), [DeliveryID](), 0)) { all, taken in
                for one in taken {
                    switch one {
                    case .claimed(let more): all.0 += more
                    case .held(let delivery): all.1.append(delivery)
                    case .refused: all.2 += 1
                    }
                }
            }
        }
        #expect(held.count + refused == count)
        #expect(Set(claimed).isDisjoint(with: held) && Set(claimed + held).count == count)
        #expect(try await store.counts().ready == 0)
        try await backend.end(.clean)
    }

    @Sendable static func earlyCancels(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        func cancel(_ number: Int, _ account: String?) -> CorrelationQuestion {
            CorrelationQuestion(
                cancel: .numbered(number), account: account, source: LogPosition(partition: 0, offset: Int64(number)),
                receivedAt: .at(1000))
        }
        let early = [cancel(1, "acme"), cancel(2, nil), cancel(3, "beta"), cancel(5, "acme")]
        for _ in 0..<2 { #expect(try await store.correlate(early) == [nil, nil, nil, nil]) }
        #expect(try await store.correlate([.about(.notification(.numbered(4)), source: 4)]) == [nil])
        store = try await backend.reopen(after: .abrupt)
        let claimed = try await store.project([.sample(1), .sample(3)], claimed: true)
        let ready = try await store.project([.sample(2), .sample(4), .sample(6)])
        let released = claimed.released + ready.released
        #expect(Set(released.filter(\.isCancel).compactMap(\.delivery)) == [.numbered(1), .numbered(2), .numbered(3)])
        #expect(released.count == 4 && claimed.outcomes + ready.outcomes == Array(repeating: .inserted, count: 5))
        #expect(Set(try await store.heldForCancel(atLeast: .zero, limit: 10)) == [.numbered(1), .numbered(2)])
        #expect(try await store.claims(of: .first, limit: 10).map(\.delivery) == [.numbered(3)])
        #expect(Set(try await store.claim(10).map(\.delivery)) == [.numbered(4), .numbered(6)])
        #expect(try await store.correlate([cancel(6, "acme")]) == [.numbered(6)])
        try await backend.end(.clean)
    }

    @Sendable static func endedRoutes(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project([.sample(1), .sample(2)], claimed: true)
        var state = try #require(try await store.state(1))
        state.deliveries[0].status = .canceled
        state.deliveries[0].endsRoute = true
        try await store.apply { $0.updates = [state.update(state.deliveries[0])] }
        state.deliveries[0].status = "sent"
        try await store.apply { $0.updates = [state.update(state.deliveries[0])] }
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.state(1)?.deliveries == state.deliveries)
        #expect(try await store.state(2)?.deliveries[0].endsRoute == false)
        try await backend.end(.clean)
    }
}
