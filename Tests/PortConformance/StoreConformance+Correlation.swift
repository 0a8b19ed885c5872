import ChannelSDK
import Pipeline
import Testing

// MARK: - Correlating

extension StoreConformance {
    static let correlating: [ConformanceCase<any NotificationStore>] = [
        .init("a report finds a delivery that is known", knownKeys),
        .init("a report that came first is released by the outcome", releasedByApply),
        .init("a report for a notification not projected yet is released by its projection", releasedByProjection),
        .init("released reports stay until they are unparked, over a crash", releasedStay),
        .init("the same report waits once", waitsOnce),
        .init("reports that wait too long are found, oldest first", expired),
        .init("report and outcome never miss each other", neverMissEachOther),
    ]

    private static func message(_ id: String, channel: String = "sms") -> CorrelationKey {
        .providerMessage(channel: channel, id: id)
    }

    private static func learn(
        _ id: String, of delivery: DeliveryID, _ store: any NotificationStore
    ) async throws -> [ParkedReport] {
        try await store.apply {
            $0.correlations = [.init(channel: "sms", providerMessageID: id, delivery: delivery)]
        }
    }

    @Sendable static func knownKeys(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1, steps: ["sms", "sms"]), .sample(2)])
        let state = try #require(try await store.state(1))
        let second = DeliveryState(id: .numbered(1, 2), channel: "sms", step: 1, graphVersion: 1, createdAt: .at(1))
        #expect(try await learn("SM1", of: .numbered(1), store).isEmpty)
        try await store.apply {
            $0.updates = [state.update(second)]
            $0.correlations = [.init(channel: "sms", providerMessageID: "SM2", delivery: second.id)]
        }
        let answers = try await store.correlate([
            .about(message("SM2"), source: 1), .about(message("SM1"), source: 2),
            .about(message("SM1", channel: "email"), source: 3), .about(.notification(.numbered(2)), source: 4),
            .about(.notification(.numbered(1)), source: 5), .about(.notification(.numbered(9)), source: 6),
        ])
        #expect(answers == [.numbered(1, 2), .numbered(1), nil, .numbered(2), .numbered(1, 2), nil])
        #expect(try await store.counts().parked == 2)
        #expect(try await store.correlate([]).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func releasedByApply(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1)])
        let questions: [CorrelationQuestion] = [
            .about(message("SM1"), source: 1, index: 0), .about(message("SM1"), source: 1, index: 1),
            .about(message("SM2"), source: 2),
        ]
        #expect(try await store.correlate(questions) == [nil, nil, nil])
        let released = try await learn("SM1", of: .numbered(1), store)
        #expect(released.map(\.report) == questions[..<2].map(\.report))
        #expect(released.allSatisfy { $0.delivery == .numbered(1) && $0.key == message("SM1") })
        #expect(released.allSatisfy { $0.channel == "sms" && $0.receivedAt == .at(1000) })
        #expect(try await store.correlate([questions[0]]) == [.numbered(1)])
        // Whoever learns it again need not be told again.
        #expect(try await learn("SM1", of: .numbered(1), store).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func releasedByProjection(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let question = CorrelationQuestion.about(.notification(.numbered(1)), source: 1)
        #expect(try await store.correlate([question]) == [nil])
        let receipt = try await store.project([.sample(2), .sample(1)])
        #expect(receipt.released.map(\.report) == [question.report])
        #expect(receipt.released.map(\.delivery) == [.numbered(1)])
        #expect(try await store.project([.sample(1)]).released.isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func releasedStay(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project([.sample(1)])
        _ = try await store.correlate([.about(message("SM1"), source: 1), .about(message("other"), source: 2)])
        #expect(try await store.releasableReports(limit: 10).isEmpty)
        let released = try await learn("SM1", of: .numbered(1), store)
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.releasableReports(limit: 10) == released)
        try await store.unpark(released.map(\.id))
        try await store.unpark(released.map(\.id))
        #expect(try await store.releasableReports(limit: 10).isEmpty)
        #expect(try await store.counts().parked == 1)
        try await backend.end(.clean)
    }

    @Sendable static func waitsOnce(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        try await store.project([.sample(1)])
        let question = CorrelationQuestion.about(message("SM1"), source: 5, index: 2)
        #expect(try await store.correlate([question, question]) == [nil, nil])
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.correlate([question]) == [nil])
        #expect(try await store.counts().parked == 1)
        #expect(try await learn("SM1", of: .numbered(1), store).count == 1)
        try await backend.end(.clean)
    }

    @Sendable static func expired(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        try await store.project([.sample(1)])
        let times: [Int64] = [300, 100, 200, 400]
        _ = try await store.correlate(
            times.enumerated().map { .about(message("SM\($0)"), source: Int64($0), receivedAt: $1) })
        #expect(try await store.expiredReports(before: .at(300), limit: 9).map(\.receivedAt) == [.at(100), .at(200)])
        #expect(try await store.expiredReports(before: .at(999), limit: 1).map(\.receivedAt) == [.at(100)])
        // Whose delivery is known by now is not given up.
        _ = try await learn("SM1", of: .numbered(1), store)
        let expired = try await store.expiredReports(before: .at(300), limit: 9)
        #expect(expired.map(\.receivedAt) == [.at(200)] && expired.map(\.delivery) == [nil])
        try await store.unpark(expired.map(\.id))
        #expect(try await store.expiredReports(before: .at(300), limit: 9).isEmpty)
        try await backend.end(.clean)
    }

    /// Both sides at once, many times: each report is either answered or released.
    @Sendable static func neverMissEachOther(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        let store = try await backend.open()
        let count = 60
        try await store.project((0..<count).map { .sample($0) })
        let fence = try await store.beginEpoch(.applier, partition: 0).fence
        let found = try await withThrowingTaskGroup(of: [DeliveryID].self) { tasks in
            for number in 0..<count {
                tasks.addTask {
                    try await store.correlate([.about(message("SM\(number)"), source: Int64(number))]).compactMap(
                        \.self)
                }
                tasks.addTask {
                    var application = Application(fence: fence, nextOffset: 1)
                    application.correlations = [
                        .init(channel: "sms", providerMessageID: "SM\(number)", delivery: .numbered(number))
                    ]
                    return try await store.apply(application).compactMap(\.delivery)
                }
            }
            return try await tasks.reduce(into: []) { $0 += $1 }
        }
        #expect(found.count == count)
        #expect(Set(found) == Set((0..<count).map { DeliveryID.numbered($0) }))
        try await backend.end(.clean)
    }
}

// MARK: - Runs

extension StoreConformance {
    static let remembering: [ConformanceCase<any NotificationStore>] = [
        .init("a run knows how the one before it ended", runsEnd),
        .init("runs at one record are counted over crashes", recordsAreCounted),
    ]

    @Sendable static func runsEnd(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        #expect(try await store.beginRun())
        store = try await backend.reopen(after: .abrupt)
        #expect(try await !store.beginRun())
        store = try await backend.reopen(after: .abrupt)
        #expect(try await !store.beginRun())
        try await store.endRun()
        store = try await backend.reopen(after: .clean)
        #expect(try await store.beginRun())
        try await backend.end(.clean)
    }

    @Sendable static func recordsAreCounted(_ backend: BackendUnderTest<any NotificationStore>) async throws {
        var store = try await backend.open()
        let (early, late) = (LogPosition(partition: 0, offset: 5), LogPosition(partition: 0, offset: 6))
        for run in 1...3 {
            _ = try await store.beginRun()
            #expect(try await store.beginRecord(.applier, at: late) == run)
            #expect(try await store.beginRecord(.applier, at: late) == run)
            #expect(try await store.beginRecord(.projector, at: early) == run)
            store = try await backend.reopen(after: .abrupt)
        }
        _ = try await store.beginRun()
        try await store.endRun()
        store = try await backend.reopen(after: .clean)
        _ = try await store.beginRun()
        #expect(try await store.beginRecord(.applier, at: late) == 1)
        try await backend.end(.clean)
    }
}
