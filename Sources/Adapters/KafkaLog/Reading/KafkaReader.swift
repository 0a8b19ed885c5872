import CLibrdkafka
import Logging
import Pipeline
import Synchronization

/// Reads without a group: near a topic's end by its one ``TopicTail``, further back with a consumer for each page.
final class KafkaReader: Sendable {
    private struct State {
        var tails: [Topic: TopicTail] = [:]
        var isClosed = false
    }

    private let configuration: KafkaLog.Configuration
    private let logger: Logger
    private let state = Mutex(State())
    /// Consumers that read older pages: so many at a time, each for one page.
    private let places = Mutex(4)

    init(_ configuration: KafkaLog.Configuration, logger: Logger) {
        self.configuration = configuration
        self.logger = logger
    }

    func close() {
        let tails = state.withLock { state in
            state.isClosed = true
            return state.tails.values.map(\.self)
        }
        for tail in tails { tail.close() }
    }

    func read(
        _ topic: Topic, after cursor: LogCursor?, limit: Int, wait: Duration, bounds: Bounds
    ) async throws(LogError) -> LogPage {
        let start = try cursor.map { (cursor) throws(LogError) in
            try CursorPositions(cursor, partitions: configuration.partitions)
        }
        let deadline = ContinuousClock.now + wait
        let tail = try await tail(of: topic, bounds: bounds)
        let positions: CursorPositions
        if let start { positions = start } else { positions = CursorPositions(try await bounds.ends(topic)) }
        if start != nil, !tail.reaches(positions) { try await check(positions, topic, bounds) }
        while true {
            let generation = tail.signal.generation
            guard let page = tail.page(after: positions, limit: max(limit, 1)) else {
                return try await olderPage(of: topic, after: positions, limit: max(limit, 1), bounds: bounds)
            }
            let rest = deadline - .now
            if !page.items.isEmpty || rest <= .zero || Task.isCancelled { return page }
            if tail.isOver { throw .unavailable("Kafka: the log is closed, or lost its place; read again") }
            await tail.signal.wait(past: generation, upTo: rest)
        }
    }

    private func tail(of topic: Topic, bounds: Bounds) async throws(LogError) -> TopicTail {
        if let tail = state.withLock({ $0.tails[topic] }), !tail.isOver { return tail }
        let ends = try await bounds.ends(topic)
        let made = try TopicTail(
            configuration, topic: configuration.prefix + topic.rawValue, ends: ends, logger: logger)
        // Another caller may have been quicker.
        let kept = state.withLock { state -> TopicTail? in
            if state.isClosed { return nil }
            if let other = state.tails[topic], !other.isOver { return other }
            state.tails[topic] = made
            return made
        }
        if kept !== made { made.close() }
        guard let kept else { throw .unavailable("Kafka: the log is closed") }
        return kept
    }

    /// Refuses a cursor that points behind the end.
    private func check(_ positions: CursorPositions, _ topic: Topic, _ bounds: Bounds) async throws(LogError) {
        for (partition, bound) in try await bounds.all(topic).enumerated() where positions[partition] > bound.end {
            throw .badCursor
        }
    }

    private func olderPage(
        of topic: Topic, after positions: CursorPositions, limit: Int, bounds: Bounds
    ) async throws(LogError) -> LogPage {
        let bounds = try await bounds.all(topic)
        for (partition, bound) in bounds.enumerated() {
            if positions[partition] > bound.end { throw .badCursor }
            if positions[partition] < bound.first { throw .cursorTooOld }
        }
        let hasPlace = places.withLock { places in
            if places > 0 { places -= 1 } else { return false }
            return true
        }
        guard hasPlace else { throw .unavailable("Kafka: too many readers of old records; try again") }
        defer { places.withLock { $0 += 1 } }
        let reading = OlderPage(configuration: configuration, topic: topic, logger: logger, ends: bounds.map(\.end))
        return try await WorkThread.ask { reading.read(after: positions, limit: limit) }
    }
}
