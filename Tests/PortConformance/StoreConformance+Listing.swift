import ChannelSDK
import Pipeline
import Testing

// MARK: - Listing

extension StoreConformance {
    static let listing: [ConformanceCase<any NotificationStore>] = [
        .init("an account's notifications are listed in pages, the newest first", listedInPages),
        .init("what is accepted meanwhile does not disturb who goes from page to page", listStaysInPlace),
        .init("a list has what fits its filters, and no page looks at more than it may", filteredLists),
    ]

    private static let numberOf = Dictionary(uniqueKeysWithValues: (0..<100).map { (NotificationID.numbered($0), $0) })

    private static func numbers(_ page: ListingPage) -> [Int] { page.items.compactMap { numberOf[$0.state.id] } }

    @Sendable static func listedInPages(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        #expect(try await store.list(ListingQuery(account: "acme", limit: 5, scanLimit: 5)).items.isEmpty)
        // Two at each moment; projected in another order than accepted.
        let sent = (0..<20).map { AcceptedNotification.sample($0, acceptedAt: Int64(1000 + $0 / 2)) }
        try await store.project(sent.shuffled() + [.sample(50, account: "beta", acceptedAt: 1005)])
        var query = ListingQuery(account: "acme", limit: 6, scanLimit: 6)
        var pages: [ListingPage] = []
        repeat {
            try Task.checkCancellation()
            pages.append(try await store.list(query))
            query.after = pages.last?.next
        } while query.after != nil
        #expect(pages.map(\.items.count) == [6, 6, 6, 2])
        let items = pages.flatMap(\.items)
        #expect(items.map(\.acceptedAt.milliseconds) == (0..<20).map { 1009 - $0 / 2 })
        #expect(Set(items.map(\.state.id)) == Set(sent.map(\.id)))
        let first = try #require(items.first)
        let view = try #require(try await store.notification(first.state.id))
        #expect(first.state == view.state && first.payload == view.payload && first.acceptedAt == view.acceptedAt)
        query.from = .at(1003)
        query.until = .at(1005)
        #expect(Set(numbers(try await store.list(query))) == [6, 7, 8, 9])
        query.after = ListingPlace(acceptedAt: .at(1004), row: .min)
        #expect(Set(numbers(try await store.list(query))) == [6, 7])
        try await backend.end(.clean)
    }

    @Sendable static func listStaysInPlace(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project((0..<6).map { .sample($0, acceptedAt: Int64(1000 + $0)) })
        var query = ListingQuery(account: "acme", limit: 3, scanLimit: 3)
        let first = try await store.list(query)
        #expect(numbers(first) == [5, 4, 3])
        // New ones, one that was projected late, and the one at which the page ended is removed.
        try await store.project([.sample(7, acceptedAt: 1007), .sample(8, acceptedAt: 1001)])
        let last = try #require(first.items.last?.state)
        var done = last.deliveries[0]
        done.settlement = .settled
        done.updatedAt = .at(1)
        try await store.apply {
            $0.updates = [last.update(done)]
            $0.withdrawals = [.init(delivery: done.id, row: last.row)]
        }
        #expect(try await store.removeSettled(before: .at(5000), after: nil, limit: 100).removed == 1)
        query.after = first.next
        #expect(numbers(try await store.list(query)).filter { $0 != 8 }.prefix(2) == [2, 1])
        query.after = nil
        #expect(numbers(try await store.list(query)) == [7, 5, 4])
        try await backend.end(.clean)
    }

    /// Every page of many queries, against what the same filters make of all in memory.
    @Sendable static func filteredLists(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let statuses: [StatusName] = [.accepted, "sent", "delivered"]
        let settlements: [Settlement] = [.open, .settled, .closed]
        var all: [(number: Int, account: String, at: Int64, deliveries: [DeliveryState], body: String)] = []
        for number in 0..<60 {
            let (account, body) = (number % 7 == 0 ? "beta" : "acme", number % 5 == 0 ? "rare \u{0} hélló" : "hello")
            let at = Int64(1000 + number / 3)
            try await store.project([.sample(number, account: account, acceptedAt: at, body: body)])
            var state = try #require(try await store.state(number))
            state.deliveries[0].status = statuses[number % 3]
            state.deliveries[0].settlement = settlements[number / 3 % 3]
            var updates = [state.update(state.deliveries[0])]
            if number.isMultiple(of: 4) {
                state.deliveries.append(
                    DeliveryState(
                        id: .numbered(number, 2), channel: "email", step: 1, graphVersion: 1, createdAt: .at(1)))
                updates.append(.init(row: state.row, delivery: state.deliveries[1], before: nil))
            }
            try await store.apply { $0.updates = updates }
            all.append((number, account, at, state.deliveries, body))
        }
        let queries: [(inout ListingQuery) -> Void] = [
            { _ in }, { $0.statuses = ["sent"] }, { $0.statuses = ["sent", .accepted] }, { $0.settlements = [.closed] },
            { $0.settlements = [.open, .settled] }, { $0.channel = "email" }, { $0.texts = ["hélló"] },
            { $0.texts = ["rare \u{0}", "hélló"] }, { $0.texts = ["nowhere"] }, { $0.statuses = ["gone"] },
            {
                $0.statuses = ["delivered"]
                $0.settlements = [.settled]
                $0.channel = "email"
            },
            {
                $0.statuses = ["sent"]
                $0.from = .at(1004)
                $0.until = .at(1012)
            },
            { $0.account = "beta" },
        ]
        for (number, change) in queries.enumerated() {
            for (limit, scanLimit) in [(100, 100), (4, 10), (1, 1), (3, 1000)] {
                var query = ListingQuery(account: "acme", limit: limit, scanLimit: scanLimit)
                change(&query)
                let expected = all.filter { one in
                    let states = one.deliveries.filter {
                        (query.statuses.isEmpty || query.statuses.contains($0.status))
                            && (query.settlements.isEmpty || query.settlements.contains($0.settlement))
                    }
                    return one.account == query.account && one.at >= query.from?.milliseconds ?? 0
                        && one.at < query.until?.milliseconds ?? .max && !states.isEmpty
                        && (query.channel == nil || one.deliveries.contains { $0.channel == query.channel })
                        && query.texts.allSatisfy(one.body.contains)
                }
                var (found, pages) = ([Int](), 0)
                repeat {
                    try Task.checkCancellation()
                    let page = try await store.list(query)
                    #expect(page.items.count <= limit)
                    found += numbers(page)
                    pages += 1
                    query.after = page.next
                } while query.after != nil && pages < 200
                #expect(found.count == Set(found).count && Set(found) == Set(expected.map(\.number)), "query \(number)")
                #expect(pages <= 60 / min(limit, scanLimit) + 2, "query \(number), \(limit) of \(scanLimit)")
            }
        }
        try await backend.end(.clean)
    }
}
