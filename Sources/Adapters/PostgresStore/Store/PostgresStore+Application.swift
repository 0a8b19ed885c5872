public import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func load(_ ids: [NotificationID]) async throws(StoreError) -> [NotificationState] {
        guard !ids.isEmpty else { return [] }
        return try await perform([StateRows.select { $0.add(Set(ids)) { $0 } }]) { StateRows.read($0[0]) }
    }

    public func apply(_ application: Application) async throws(StoreError) -> [ParkedReport] {
        let learns = !application.correlations.isEmpty
        return try await perform(ApplicationBatch(application: application).commands) { answers in
            learns ? answers.last.map { ParkedRow.read($0) } ?? [] : []
        }
    }

    public func changes(
        of ids: [NotificationID], partition: Int, offsets: Range<Int64>
    ) async throws(StoreError) -> [(notification: NotificationState, entry: TimelineEntry)] {
        guard !ids.isEmpty else { return [] }
        let select = StateRows.select { $0.add(Set(ids)) { $0 } }
        let entries = ApplicationBatch.changes {
            $0.add(Set(ids)) { $0 }
            $0.add(partition)
            $0.add(offsets.lowerBound)
            $0.add(offsets.upperBound)
        }
        let found = try await read([select, entries]) { answers in
            var states: [Int64: NotificationState] = [:]
            for state in StateRows.read(answers[0]) { states[state.row] = state }
            return answers[1].indices.compactMap { row in
                states[answers[1].integer(row, 0)].map {
                    (notification: $0, entry: TimelineRow.read(answers[1], row, notification: $0.id))
                }
            }
        }
        return found.sorted { left, right in
            (left.entry.source, left.entry.change?.sequence ?? 0)
                < (right.entry.source, right.entry.change?.sequence ?? 0)
        }
    }

    public func dueSettlements(at now: Timestamp, limit: Int) async throws(StoreError) -> [DeliveryID] {
        let find = ApplicationBatch.dueSettlements {
            $0.add(now)
            $0.add(limit)
        }
        return try await perform([find]) { answers in answers[0].indices.map { answers[0].deliveryID($0, 0) } }
    }
}
