import ChannelSDK
import Pipeline
import Testing

// MARK: - Applying

extension StoreConformance {
    static let applying: [ConformanceCase<any NotificationStore>] = [
        .init("a delivery keeps all of its state", statesComeBack),
        .init("new deliveries, and the count of open ones", newDeliveries),
        .init("a stale applier is refused and writes nothing", staleApplier),
        .init("a claim ends only for its attempt", claimsEnd),
        .init("a delivery made ready is claimed once, at its time", madeReady),
        .init("what is withdrawn is not claimed", withdrawn),
        .init("the timeline is kept, and its changes are found by their source", timeline),
        .init("an event is in the timeline once", eventsOnce),
        .init("open deliveries are due to settle, earliest first", dueSettlements),
    ]

    @Sendable static func statesComeBack(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project((0..<3).map { .sample($0) })
        var wanted: [Int: DeliveryState] = [:]
        for number in 0..<3 {
            let state = try #require(try await store.state(number))
            var delivery = state.deliveries[0]
            delivery.status = "sent"
            delivery.updatedAt = .at(7777)
            delivery.sequence = 4
            if number > 0 {
                delivery.detail = StatusDetail(occurredAt: .at(5), code: "30003", message: "unreachable — 🙂")
                delivery.settlement = number == 1 ? .settled : .closed
                delivery.waiting = Waiting(.noReport, until: number == 1 ? .at(99) : nil)
                delivery.attempts = 3
                delivery.failures = 2
                delivery.providerMessageID = "SM123"
                delivery.parts = ["a": "sent", "": "delivered", "ü": "queued"]
                delivery.expectedParts = ["a", "", "b"]
                delivery.segments = 3
                delivery.settleAt = .at(123_456)
            }
            wanted[number] = delivery
            try await store.apply { $0.updates = [state.update(delivery)] }
        }
        store = try await backend.reopen(after: .abrupt)
        for (number, delivery) in wanted { #expect(try await store.state(number)?.deliveries == [delivery]) }
        // Every field can be emptied again.
        let state = try #require(try await store.state(1))
        let plain = DeliveryState(
            id: .numbered(1), channel: "sms", step: 0, graphVersion: 3, createdAt: state.deliveries[0].createdAt)
        try await store.apply { $0.updates = [state.update(plain)] }
        #expect(try await store.state(1)?.deliveries == [plain])
        try await backend.end(.clean)
    }

    @Sendable static func newDeliveries(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1, steps: ["sms", "email"])])
        let state = try #require(try await store.state(1))
        var first = state.deliveries[0]
        first.status = .rejected
        first.settlement = .settled
        let second = DeliveryState(id: .numbered(1, 2), channel: "email", step: 1, graphVersion: 7, createdAt: .at(2))
        try await store.apply {
            $0.updates = [state.update(second), state.update(first)]
        }
        #expect(try await store.state(1)?.deliveries == [first, second])
        #expect(try await store.counts().open == 1)
        var closed = second
        closed.settlement = .closed
        try await store.apply { $0.updates = [.init(row: state.row, delivery: closed, before: .init(second))] }
        #expect(try await store.counts().open == 0)
        try await store.apply { $0.updates = [.init(row: state.row, delivery: second, before: .init(closed))] }
        #expect(try await store.counts().open == 1)
        try await backend.end(.clean)
    }

    @Sendable static func staleApplier(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1)])
        let state = try #require(try await store.state(1))
        let old = try await store.beginEpoch(.applier, partition: 0)
        _ = try await store.beginEpoch(.applier, partition: 0)
        var delivery = state.deliveries[0]
        delivery.status = "sent"
        var application = Application(fence: old.fence, nextOffset: 10)
        application.updates = [state.update(delivery)]
        application.timeline = [state.entry(1)]
        application.correlations = [.init(channel: "sms", providerMessageID: "x", delivery: .numbered(1))]
        application.withdrawals = [.init(delivery: .numbered(1), row: state.row)]
        let refused = application
        await #expect(throws: StoreError.fenced) { try await store.apply(refused) }
        #expect(try await store.notification(.numbered(1))?.timeline.isEmpty == true)
        #expect(try await store.state(1) == state)
        #expect(try await store.correlate([.about(.providerMessage(channel: "sms", id: "x"), source: 1)]) == [nil])
        #expect(try await store.counts().ready == 1)
        #expect(try await store.beginEpoch(.applier, partition: 0).nextOffset == 0)
        try await backend.end(.clean)
    }

    @Sendable static func claimsEnd(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1)], claimed: true)
        let state = try #require(try await store.state(1))
        try await store.apply { $0.endedClaims = [state.endedClaim(attempt: 2)] }
        #expect(try await store.counts().claimed == 1)
        try await store.apply { $0.endedClaims = [state.endedClaim(attempt: 1), state.endedClaim(attempt: 1)] }
        #expect(try await store.counts().claimed == 0)
        try await backend.end(.clean)
    }

    @Sendable static func madeReady(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1)], claimed: true)
        let state = try #require(try await store.state(1))
        // One batch: the claim ends, and the delivery is ready again.
        try await store.apply {
            $0.endedClaims = [state.endedClaim(attempt: 1)]
            $0.ready = [state.ready(due: 5000, attempt: 2)]
        }
        #expect(try await store.claim(9, at: 4999).isEmpty)
        // The newest due time counts, and there is one row however often it is made ready.
        try await store.apply { $0.ready = [state.ready(due: 3000, attempt: 3, errand: .query)] }
        #expect(try await store.counts().ready == 1)
        let claims = try await store.claim(9, at: 4000)
        #expect(claims.map(\.attempt) == [3] && claims.map(\.errand) == [.query])
        #expect(try await store.claim(9).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func withdrawn(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1), .sample(2), .sample(3)])
        var states: [NotificationState] = []
        for number in 1...3 { states.append(try #require(try await store.state(number))) }
        try await store.apply { application in
            application.withdrawals = states[..<2].map { .init(delivery: $0.deliveries[0].id, row: $0.row) }
            // A withdrawal comes before what is made ready in the same batch.
            application.ready = [states[1].ready(due: 10)]
        }
        #expect(Set(try await store.claim(9).map(\.delivery)) == [.numbered(2), .numbered(3)])
        // Nothing is there to withdraw; a claim is not touched.
        try await store.apply { $0.withdrawals = [.init(delivery: .numbered(3), row: states[2].row)] }
        #expect(try await store.counts() == StoreCounts(notifications: 3, open: 3, ready: 0, claimed: 2, parked: 0))
        try await backend.end(.clean)
    }

    @Sendable static func timeline(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1, steps: ["sms", "sms"]), .sample(2)])
        var one = try #require(try await store.state(1))
        let two = try #require(try await store.state(2))
        one.deliveries.append(
            DeliveryState(id: .numbered(1, 2), channel: "sms", step: 1, graphVersion: 1, createdAt: .at(1)))
        let next = one.deliveries[1]
        var plain = one.entry(11, kind: .claimReleased)
        plain.detail = StatusDetail(occurredAt: .at(3), code: "c", message: "m")
        plain.withoutEffect = "outranked by delivered"
        plain.eventID = "evt'\u{0}-1"
        plain.reported = nil
        let entries = [
            one.entry(10, change: .numbered(1)), plain, two.entry(12, change: .numbered(1)),
            one.entry(13, kind: .outcome, change: .numbered(2)),
            one.entry(13, kind: .started, ordinal: 2, change: .numbered(3)),
            one.entry(14, kind: .engagement, ordinal: 2),
        ]
        try await store.apply {
            $0.timeline = entries
            $0.updates = [.init(row: one.row, delivery: next, before: nil)]
        }
        let view = try #require(try await store.notification(.numbered(1)))
        #expect(view.timeline == entries.filter { $0.row == one.row })
        let found = try await store.changes(
            of: [.numbered(2), .numbered(1), .numbered(9)], partition: 0, offsets: 11..<14)
        #expect(found.map(\.entry) == [entries[2], entries[3], entries[4]])
        #expect(found.map(\.notification.id) == [.numbered(2), .numbered(1), .numbered(1)])
        #expect(found.last?.notification == one)
        #expect(try await store.changes(of: [.numbered(1)], partition: 1, offsets: 0..<99).isEmpty)
        #expect(try await store.changes(of: [.numbered(2)], partition: 0, offsets: 0..<12).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func eventsOnce(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project([.sample(1, steps: ["sms", "sms"]), .sample(2)])
        var one = try #require(try await store.state(1))
        let two = try #require(try await store.state(2))
        let next = DeliveryState(id: .numbered(1, 2), channel: "sms", step: 1, graphVersion: 1, createdAt: .at(1))
        one.deliveries.append(next)
        func event(
            _ id: String?, _ state: NotificationState, _ offset: Int64, ordinal: Int = 1,
            change: TimelineEntry.Change? = nil
        ) -> TimelineEntry {
            var entry = state.entry(offset, kind: .engagement, ordinal: ordinal, change: change)
            entry.eventID = id
            return entry
        }
        let first = [
            event("open", one, 10), event(nil, one, 11), event("sent", one, 12, change: .numbered(1)),
            // Of another delivery, and of another notification, it is another event.
            event("open", one, 13, ordinal: 2), event("open", two, 14),
        ]
        try await store.apply(to: 20) {
            $0.updates = [.init(row: one.row, delivery: next, before: nil)]
            $0.timeline = first
        }
        store = try await backend.reopen(after: .abrupt)
        // A change is there whatever was reported before it; what changes nothing is not.
        let late = event("open", one, 25, change: .numbered(2))
        let other = event("click", one, 26)
        try await store.apply(to: 30) {
            $0.timeline = [
                event("open", one, 20), event("sent", one, 21), event("open", one, 22, ordinal: 2), event(nil, one, 23),
                event("open", two, 24), late, other,
            ]
        }
        #expect(
            try await store.notification(.numbered(1))?.timeline
                == [first[0], first[1], first[2], first[3], event(nil, one, 23), late, other])
        #expect(try await store.notification(.numbered(2))?.timeline == [first[4]])
        try await backend.end(.clean)
    }

    @Sendable static func dueSettlements(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project((0..<6).map { .sample($0) })
        func update(_ number: Int, settleAt: Int64?, _ settlement: Settlement = .open) async throws {
            let state = try #require(try await store.state(number))
            var delivery = state.deliveries[0]
            delivery.settleAt = settleAt.map { .at($0) }
            delivery.settlement = settlement
            try await store.apply { $0.updates = [state.update(delivery)] }
        }
        for (number, moment) in [(0, 300), (1, 100), (2, 200), (3, 400)] as [(Int, Int64)] {
            try await update(number, settleAt: moment)
        }
        try await update(4, settleAt: 50, .settled)
        #expect(try await store.dueSettlements(at: .at(300), limit: 9) == [.numbered(1), .numbered(2), .numbered(0)])
        #expect(try await store.dueSettlements(at: .at(300), limit: 1) == [.numbered(1)])
        try await update(1, settleAt: nil)
        try await update(2, settleAt: 1000)
        #expect(try await store.dueSettlements(at: .at(300), limit: 9) == [.numbered(0)])
        #expect(try await store.dueSettlements(at: .at(10), limit: 9).isEmpty)
        try await backend.end(.clean)
    }
}
