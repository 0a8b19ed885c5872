import ChannelSDK
import Pipeline
import Testing

// MARK: - Tailing

extension EventLogConformance {
    static let tailing: [ConformanceCase<any EventLog>] = [
        .init("without a cursor reading begins at the end", tailBeginsAtEnd),
        .init("each record's cursor goes on behind it", cursorsGoOn),
        .init("a waiting reader hears of a new record", waitingReader),
        .init("a cursor is valid after a restart", cursorsSurvive),
        .init("garbage is no cursor", badCursors),
    ]

    @Sendable static func tailBeginsAtEnd(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append((0..<10).map { LogSample($0) }.batch, to: .statusChange)
        let page = try await log.read(.statusChange, after: nil, limit: 100, wait: .zero)
        #expect(page.items.isEmpty)
        try await log.append([LogSample(10)].batch, to: .statusChange)
        let next = try await log.read(.statusChange, after: page.next, limit: 100, wait: .seconds(20))
        #expect(next.items.map { LogSample($0.record) } == [LogSample(10)])
        try await backend.end(.clean)
    }

    @Sendable static func cursorsGoOn(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let start = try await log.read(.statusChange, after: nil, limit: 1, wait: .zero).next
        let sent = (0..<60).map { LogSample($0) }
        try await log.append(sent[..<25].batch, to: .statusChange)
        try await log.append(sent[25...].batch, to: .statusChange)
        var cursor = start
        var received: [LogPage.Item] = []
        while received.count < sent.count {
            let page = try await log.read(.statusChange, after: cursor, limit: 7, wait: .seconds(20))
            #expect(page.items.count <= 7)
            received += page.items
            cursor = page.next
        }
        #expect(Set(received.map { LogSample($0.record) }) == Set(sent))
        for index in stride(from: 0, to: received.count - 1, by: 9) {
            let page = try await log.read(.statusChange, after: received[index].cursor, limit: 1, wait: .seconds(20))
            #expect(page.items.first?.record == received[index + 1].record)
        }
        try await backend.end(.clean)
    }

    @Sendable static func waitingReader(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let start = try await log.read(.statusChange, after: nil, limit: 1, wait: .zero).next
        async let page = log.read(.statusChange, after: start, limit: 10, wait: .seconds(30))
        try await log.append([LogSample(1)].batch, to: .statusChange)
        #expect(try await page.items.map { LogSample($0.record) } == [LogSample(1)])
        try await backend.end(.clean)
    }

    @Sendable static func cursorsSurvive(_ backend: BackendUnderTest<any EventLog>) async throws {
        var log = try await backend.open()
        let start = try await log.read(.statusChange, after: nil, limit: 1, wait: .zero).next
        try await log.append((0..<10).map { LogSample($0) }.batch, to: .statusChange)
        let half = try await log.read(.statusChange, after: start, limit: 5, wait: .seconds(20))
        log = try await backend.reopen(after: .clean)
        var rest: [LogSample] = []
        var cursor = LogCursor(half.next.text)
        while half.items.count + rest.count < 10 {
            let page = try await log.read(.statusChange, after: cursor, limit: 100, wait: .seconds(20))
            rest += page.items.map { LogSample($0.record) }
            cursor = page.next
        }
        #expect(Set(half.items.map { LogSample($0.record) } + rest) == Set((0..<10).map { LogSample($0) }))
        try await backend.end(.clean)
    }

    @Sendable static func badCursors(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append([LogSample(1)].batch, to: .statusChange)
        let texts = [
            "", " ", "x", "-1", "1;2", "0:1:2", "0:", ":", ",", "1,", "9999999999999999999999", "0:1,0:1,0:1,0:1,0:1",
            "é", "1e3", "0x1",
        ]
        for text in texts {
            await #expect(throws: LogError.badCursor, "'\(text)'") {
                try await log.read(.statusChange, after: LogCursor(text), limit: 1, wait: .zero)
            }
        }
        try await backend.end(.clean)
    }
}

// MARK: - Surviving

extension EventLogConformance {
    static let surviving: [ConformanceCase<any EventLog>] = BackendUnderTest<any EventLog>.Ending.allCases.flatMap {
        ending -> [ConformanceCase<any EventLog>] in
        [
            .init("what was acknowledged survives, \(ending) end") { try await acknowledgedSurvives($0, ending) },
            .init("a group skips nothing over a restart, \(ending) end") { try await nothingIsSkipped($0, ending) },
        ]
    }

    @Sendable static func acknowledgedSurvives(
        _ backend: BackendUnderTest<any EventLog>, _ ending: BackendUnderTest<any EventLog>.Ending
    ) async throws {
        var log = try await backend.open()
        for topic in Topic.all { try await log.append((0..<25).map { LogSample($0) }.batch, to: topic) }
        var ends: [Topic: [Int64]] = [:]
        for topic in Topic.all { ends[topic] = try await log.ends(of: topic) }
        log = try await backend.reopen(after: ending)
        for topic in Topic.all {
            #expect(try await log.ends(of: topic) == ends[topic])
            try await log.append([LogSample(25)].batch, to: topic)
            let received = try await log.drain(topic, group: "after", count: 26)
            #expect(Set(received.map(LogSample.init)) == Set((0..<26).map { LogSample($0) }))
        }
        try await backend.end(.clean)
    }

    /// Commits may be forgotten in a crash, so records may come again; none may be missing.
    @Sendable static func nothingIsSkipped(
        _ backend: BackendUnderTest<any EventLog>, _ ending: BackendUnderTest<any EventLog>.Ending
    ) async throws {
        var log = try await backend.open()
        let sent = (0..<90).map { LogSample($0) }
        try await log.append(sent.batch, to: .deliveryReport)
        var seen: Set<LogSample> = []
        for _ in 0..<3 {
            let subscription = try await log.subscribe(to: .deliveryReport, group: "applier")
            for received in try await subscription.records(10, limit: 10) {
                seen.insert(LogSample(received.record))
                try await subscription.commit(partition: received.partition, offset: received.record.offset + 1)
            }
            if ending == .clean { await subscription.close() }
            log = try await backend.reopen(after: ending)
        }
        if seen.count < sent.count {
            let rest = try await log.drain(.deliveryReport, group: "applier", count: sent.count - seen.count) {
                seen.insert(LogSample($0)).inserted
            }
            #expect(!rest.isEmpty)
        }
        #expect(seen == Set(sent))
        try await backend.end(.clean)
    }
}
