import ChannelSDK
import Pipeline
import Testing

// MARK: - Claiming

extension StoreConformance {
    static let claiming: [ConformanceCase<any NotificationStore>] = [
        .init("claims come oldest due first, and only what is due", oldestDueFirst),
        .init("a claim carries all that a sender needs", claimIsComplete),
        .init("classes, accounts and channels are kept apart", sharesAreApart),
        .init("turns go round all accounts", turnsGoRound),
        .init("the next due time is the earliest of the channel", nextDue),
        .init("parallel claims never take the same delivery", parallelClaims),
        .init("claims of owners without a lease are abandoned", abandonedClaims),
    ]

    @Sendable static func oldestDueFirst(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([
            .sample(1, acceptedAt: 300), .sample(2, acceptedAt: 100), .sample(3, acceptedAt: 50, notBefore: 900),
            .sample(4, acceptedAt: 200),
        ])
        #expect(try await store.claim(2, at: 500).map(\.delivery) == [.numbered(2), .numbered(4)])
        #expect(try await store.claim(9, at: 899).map(\.delivery) == [.numbered(1)])
        #expect(try await store.claim(9, at: 899).isEmpty)
        #expect(try await store.claim(9, at: 900).map(\.delivery) == [.numbered(3)])
        #expect(try await store.claim(0).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func claimIsComplete(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let sent = AcceptedNotification.sample(3, account: "großes konto", urgency: .urgent, steps: ["sms", "email"])
        try await store.project([sent])
        let claims = try await store.claim(1, account: "großes konto", urgency: .urgent)
        let expected = ClaimedDelivery(
            delivery: .numbered(3), channel: "sms", account: "großes konto", urgency: .urgent, errand: .send,
            attempt: 1, due: sent.notBefore ?? sent.acceptedAt, expiresAt: sent.expiresAt, payload: sent.payload)
        #expect(claims == [expected])
        #expect(try await store.notification(sent.id)?.claimed == [.numbered(3)])
        try await backend.end(.clean)
    }

    @Sendable static func sharesAreApart(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([
            .sample(1), .sample(2, account: "beta"), .sample(3, urgency: .bulk), .sample(4, steps: ["email", "sms"]),
        ])
        let order = ClaimOrder(
            channel: "sms", owner: .first, now: .at(2000),
            picks: [
                .init(share: ReadyShare(urgency: .bulk, account: "acme"), count: 5),
                .init(share: ReadyShare(urgency: .normal, account: "beta"), count: 5),
                .init(share: ReadyShare(urgency: .urgent, account: "acme"), count: 5),
            ])
        #expect(try await store.claim(order).map(\.delivery) == [.numbered(3), .numbered(2)])
        #expect(try await store.claim(5, channel: "email").map(\.delivery) == [.numbered(4)])
        #expect(try await store.claim(5).map(\.delivery) == [.numbered(1)])
        #expect(try await store.counts() == StoreCounts(notifications: 4, open: 4, ready: 0, claimed: 4, parked: 0))
        try await backend.end(.clean)
    }

    @Sendable static func turnsGoRound(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let accounts = ["a", "b", "c", "d", "e"]
        try await store.project(
            accounts.indices.map { .sample($0, account: accounts[$0]) }
                + [.sample(50, account: "bb", notBefore: 9000), .sample(51, account: "b", acceptedAt: 1)]
                + [.sample(60, account: "z", urgency: .urgent), .sample(61, account: "a", steps: ["email"])])
        func turn(after: String?, _ limit: Int) async throws -> [ReadyShare] {
            try await store.readyShares(of: "sms", at: .at(2000), after: after, limit: limit)
        }
        func names(_ shares: [ReadyShare], _ urgency: NotificationClass) -> [String] {
            shares.filter { $0.urgency == urgency }.map(\.account)
        }
        #expect(names(try await turn(after: nil, 3), .normal) == ["a", "b", "c"])
        #expect(names(try await turn(after: "c", 3), .normal) == ["d", "e", "a"])
        #expect(names(try await turn(after: "c", 99), .normal) == ["d", "e", "a", "b", "c"])
        #expect(names(try await turn(after: "zz", 2), .normal) == ["a", "b"])
        #expect(names(try await turn(after: "c", 3), .urgent) == ["z"])
        #expect(names(try await turn(after: "c", 3), .bulk).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func nextDue(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        #expect(try await store.nextDue(of: "sms") == nil)
        try await store.project([
            .sample(1, account: "a", notBefore: 900), .sample(2, account: "b", notBefore: 700),
            .sample(3, account: "c", urgency: .bulk, notBefore: 800), .sample(4, steps: ["email"], notBefore: 1),
        ])
        #expect(try await store.nextDue(of: "sms") == .at(700))
        _ = try await store.claim(1, account: "b")
        #expect(try await store.nextDue(of: "sms") == .at(800))
        try await backend.end(.clean)
    }

    @Sendable static func parallelClaims(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project((0..<500).map { .sample($0) })
        let claims = try await withThrowingTaskGroup(of: [ClaimedDelivery].self) { tasks in
            for worker in 0..<8 {
                tasks.addTask {
                    var taken: [ClaimedDelivery] = []
                    while case let more = try await store.claim(13, owner: OwnerID("worker-\(worker)")), !more.isEmpty {
                        taken += more
                    }
                    return taken
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        #expect(claims.count == 500)
        #expect(Set(claims.map(\.delivery)).count == 500)
        try await backend.end(.clean)
    }

    @Sendable static func abandonedClaims(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project([.sample(1), .sample(2)])
        try await store.project([.sample(3)], claimed: true, owner: OwnerID("never had one"))
        try await store.renewLease(of: .first, for: .seconds(3600))
        try await store.renewLease(of: .second, for: .seconds(3600))
        _ = try await store.claim(1, owner: .first)
        _ = try await store.claim(1, owner: .second)
        #expect(try await store.abandonedClaims(limit: 10).map(\.delivery) == [.numbered(3)])
        try await store.renewLease(of: .second, for: .zero)
        store = try await backend.reopen(after: .abrupt)
        let abandoned = try await store.abandonedClaims(limit: 10)
        #expect(Set(abandoned.map(\.delivery)) == [.numbered(2), .numbered(3)])
        #expect(abandoned.contains(Claim(delivery: .numbered(2), attempt: 1, errand: .send, owner: .second)))
        #expect(try await store.abandonedClaims(limit: 1).count == 1)
        let state = try #require(try await store.state(2))
        try await store.apply { $0.endedClaims = [state.endedClaim(attempt: 1)] }
        #expect(try await store.abandonedClaims(limit: 10).map(\.delivery) == [.numbered(3)])
        try await backend.end(.clean)
    }
}
