import Logging
import Pipeline

/// One page of records that lie further back, read by a consumer made for it.
struct OlderPage: Sendable {
    let configuration: KafkaLog.Configuration
    let topic: Topic
    let logger: Logger
    /// Of each partition, where to stop.
    let ends: [Int64]

    /// Blocks until the page is full, all is read, or the cluster has been silent too long.
    func read(after positions: CursorPositions, limit: Int) -> Result<LogPage, LogError> {
        Result { () throws(LogError) in
            var positions = positions
            var items: [LogPage.Item] = []
            var open = Set(ends.indices.filter { positions[$0] < ends[$0] })
            let start = Dictionary(uniqueKeysWithValues: open.map { ($0, positions[$0]) })
            let consumer = try AssignedConsumer(
                configuration, topic: configuration.prefix + topic.rawValue, positions: start, logger: logger)
            let deadline = ContinuousClock.now + configuration.requestTimeout
            while items.count < limit, !open.isEmpty {
                switch consumer.read(wait: 100) {
                case .record(let partition, let record):
                    positions[partition] = record.offset + 1
                    items.append(LogPage.Item(cursor: positions.cursor, record: record))
                    if positions[partition] >= ends[partition] { open.remove(partition) }
                case .end(let partition):
                    // What lies between is gone or was never a record.
                    positions[partition] = max(positions[partition], ends[partition])
                    open.remove(partition)
                case .nothing:
                    guard ContinuousClock.now >= deadline else { continue }
                    if items.isEmpty { throw .unavailable("Kafka: the cluster does not answer") }
                    open = []
                case .outOfRange: throw .cursorTooOld
                case .failed(let reason): throw .unavailable(reason)
                }
            }
            return LogPage(items: items, next: positions.cursor)
        }
    }
}
