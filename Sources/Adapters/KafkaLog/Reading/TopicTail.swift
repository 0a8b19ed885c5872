import Logging
import Pipeline
import Synchronization

/// Follows the end of one topic with one consumer, whoever many read it.
final class TopicTail: Sendable {
    private struct State {
        var window: TailWindow
        var isOver = false
    }

    private let state: Mutex<State>
    let signal = LogSignal()

    /// - Parameter ends: where the topic's partitions end, and the window begins.
    init(_ configuration: KafkaLog.Configuration, topic: String, ends: [Int64], logger: Logger) throws(LogError) {
        state = Mutex(State(window: TailWindow(from: ends, limit: 8 << 20)))
        let positions = Dictionary(uniqueKeysWithValues: ends.enumerated().map { ($0.offset, $0.element) })
        let consumer = try AssignedConsumer(configuration, topic: topic, positions: positions, logger: logger)
        do {
            try WorkThread.start { [self] in follow(consumer) }
        } catch {
            throw .unavailable(error.description)
        }
    }

    /// True when it no longer follows: closed, or what it was to read next is gone.
    var isOver: Bool { state.withLock { $0.isOver } }

    func close() {
        state.withLock { $0.isOver = true }
        signal.raise()
    }

    /// Nil when `positions` lie before what it holds.
    func page(after positions: CursorPositions, limit: Int) -> LogPage? {
        state.withLock { $0.window.covers(positions) ? $0.window.page(after: positions, limit: limit) : nil }
    }

    /// True when no partition's position is behind the last record that has arrived.
    func reaches(_ positions: CursorPositions) -> Bool {
        state.withLock { state in state.window.ends.indices.allSatisfy { positions[$0] <= state.window.ends[$0] } }
    }

    private func follow(_ consumer: AssignedConsumer) {
        while !isOver {
            var arrived = false
            var reading = consumer.read(wait: 100)
            while case .record(let partition, let record) = reading {
                state.withLock { $0.window.append(record, partition: partition) }
                arrived = true
                if isOver { break }
                reading = consumer.read(wait: 0)
            }
            if arrived { signal.raise() }
            // Its readers go on with a consumer of their own, which tells them what is missing.
            if case .outOfRange = reading { close() }
        }
    }
}
