import ChannelSDK
public import Pipeline
import Testing

/// What every event log must do. Written for one partition or several, for offsets with gaps, for groups that take their
/// time to share, and for logs that can give a record twice after a failure.
public enum EventLogConformance {
    public static let cases: [ConformanceCase<any EventLog>] = appending + subscribing + sharing + tailing + surviving
}

// MARK: - Appending

extension EventLogConformance {
    static let appending: [ConformanceCase<any EventLog>] = [
        .init("records come back as they were appended", recordsComeBack),
        .init("an empty batch changes nothing", emptyBatch),
        .init("a key has one partition, and its records keep their order", keysKeepOrder),
        .init("the end is behind every record appended", endIsBehind),
        .init("records of concurrent callers arrive once, each caller's in order", concurrentAppends),
        .init("ten thousand records and one of a megabyte", largeBatches),
        .init("a record as large as there can be", theLargestRecord),
    ]

    @Sendable static func recordsComeBack(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let sent: [LogSample] = [
            LogSample(key: .numbered(1), value: [1, 2, 3]),
            LogSample(key: .numbered(2), headers: [.init("ce_id", "7"), .init("empty", "")], value: Array(0...255)),
            LogSample(key: .numbered(3), headers: [.init("größe", "ü—🙂")], value: []),
            LogSample(key: nil, value: [9]),
        ]
        try await log.append(sent.batch, to: .statusChange)
        let received = try await log.drain(.statusChange, group: "readers", count: sent.count)
        #expect(Set(received.map(LogSample.init)) == Set(sent))
        try await backend.end(.clean)
    }

    @Sendable static func theLargestRecord(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        // Not all alike: what is compressed on the way would be small.
        let value = (0..<RecordBatch.mostValueBytes).map { UInt8(truncatingIfNeeded: ($0 &* 2_654_435_761) >> 13) }
        let sent = [LogSample(1), LogSample(key: .numbered(2), value: value), LogSample(3)]
        try await log.append(sent.batch, to: .notificationRequested)
        let received = try await log.drain(.notificationRequested, group: "projector", count: sent.count)
        #expect(Set(received.map(LogSample.init)) == Set(sent))
        try await backend.end(.clean)
    }

    @Sendable static func emptyBatch(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let before = try await log.ends(of: .deliveryReport)
        try await log.append(RecordBatch(), to: .deliveryReport)
        #expect(try await log.ends(of: .deliveryReport) == before)
        try await backend.end(.clean)
    }

    @Sendable static func keysKeepOrder(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        for round in 0..<5 {
            try await log.append(
                (0..<40).map { LogSample(key: .numbered($0), value: [UInt8($0), UInt8(round)]) }.batch,
                to: .deliveryReport)
        }
        let received = try await log.drainByPartition(.deliveryReport, group: "applier", count: 200)
        for (partition, records) in received {
            for record in records {
                #expect(record.key.map { log.partition(of: $0, in: .deliveryReport) } == partition)
            }
            for (key, records) in Dictionary(grouping: records, by: \.key) {
                #expect(records.map { $0.value.last } == (0..<5).map { UInt8($0) }, "key \(String(describing: key))")
            }
            #expect(records.map(\.offset) == records.map(\.offset).sorted())
            #expect(Set(records.map(\.offset)).count == records.count)
        }
        try await backend.end(.clean)
    }

    @Sendable static func endIsBehind(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let before = try await log.ends(of: .notificationRequested)
        try await log.append((0..<50).map { LogSample($0) }.batch, to: .notificationRequested)
        let after = try await log.ends(of: .notificationRequested)
        #expect(zip(before, after).allSatisfy { $0 <= $1 } && before != after)
        for (partition, records) in try await log.drainByPartition(.notificationRequested, group: "p", count: 50) {
            #expect(records.allSatisfy { $0.offset < after[partition] && $0.offset >= before[partition] })
        }
        try await backend.end(.clean)
    }

    @Sendable static func concurrentAppends(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        let (callers, each) = (32, 25)
        try await withThrowingTaskGroup { tasks in
            for caller in 0..<callers {
                tasks.addTask {
                    for number in 0..<each {
                        let sample = LogSample(key: .numbered(caller), value: [UInt8(caller), UInt8(number)])
                        try await log.append([sample].batch, to: .deliveryReport)
                    }
                }
            }
            try await tasks.waitForAll()
        }
        let received = try await log.drain(.deliveryReport, group: "applier", count: callers * each)
        for (_, records) in Dictionary(grouping: received, by: \.key) {
            #expect(records.map { $0.value.last } == (0..<each).map { UInt8($0) })
        }
        #expect(Set(received.map(\.key)).count == callers)
        try await backend.end(.clean)
    }

    @Sendable static func largeBatches(_ backend: BackendUnderTest<any EventLog>) async throws {
        let log = try await backend.open()
        try await log.append((0..<10_000).map { LogSample($0) }.batch, to: .notificationRequested)
        let large = LogSample(key: .numbered(1), value: (0..<1_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        try await log.append([large].batch, to: .notificationRequested)
        let received = try await log.drain(.notificationRequested, group: "projector", count: 10_001, limit: 700)
        #expect(Set(received.map(\.offset.description)).count > 0)
        #expect(received.contains { LogSample($0) == large })
        #expect(Set(received.map(LogSample.init)).count == 10_001)
        try await backend.end(.clean)
    }
}
