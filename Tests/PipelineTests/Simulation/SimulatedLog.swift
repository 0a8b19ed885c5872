import ChannelSDK

@testable import Pipeline

/// The log's semantics in memory: appended records stay, a group's committed offset survives a crash only sometimes.
struct SimulatedLog {
    private var topics: [Topic: [LogRecord]] = [:]
    private var committed: [Topic: Int64] = [:]
    /// What a crash can still take back.
    private var lazy: [Topic: Int64] = [:]

    subscript(topic: Topic) -> [LogRecord] { topics[topic] ?? [] }

    mutating func append(_ batch: RecordBatch, to topic: Topic) {
        for entry in batch.entries {
            let offset = Int64(topics[topic, default: []].count)
            topics[topic, default: []].append(
                LogRecord(offset: offset, key: entry.key, headers: entry.headers, value: batch.bytes[entry.range]))
        }
    }

    func records(_ topic: Topic, from offset: Int64, limit: Int) -> [LogRecord] {
        Array(self[topic].dropFirst(Int(offset)).prefix(limit))
    }

    func start(of topic: Topic) -> Int64 { committed[topic] ?? 0 }

    mutating func commit(_ offset: Int64, _ topic: Topic, isLazy: Bool) {
        lazy[topic] = offset
        if !isLazy { committed[topic] = offset }
    }
}
