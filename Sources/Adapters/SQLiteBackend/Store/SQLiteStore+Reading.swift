public import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func notification(_ id: NotificationID) async throws(StoreError) -> NotificationView? {
        try await read { database in
            guard let found = try StateLoader(database, withPayload: true).state(of: id) else { return nil }
            let number = found.state.row
            let entries = try RawStatement(
                database,
                "SELECT \(TimelineRow.columns) FROM timeline WHERE row = ? ORDER BY at, part, position, place")
            entries.bind(1, number)
            var timeline: [TimelineEntry] = []
            try entries.forEach { timeline.append(TimelineRow.read($0, notification: id, number: number)) }
            let claims = try RawStatement(database, "SELECT ordinal FROM claims WHERE row = ? ORDER BY ordinal")
            claims.bind(1, number)
            var claimed: [DeliveryID] = []
            try claims.forEach {
                claimed.append(DeliveryID(notification: id, ordinal: UInt16(truncatingIfNeeded: $0.integer(0))))
            }
            return NotificationView(
                state: found.state, acceptedAt: found.acceptedAt, payload: found.payload, timeline: timeline,
                claimed: claimed)
        }
    }

    public func projected(
        _ ids: [NotificationID]
    ) async throws(StoreError) -> [NotificationID: ProjectedRequest] {
        try await read { database in
            // Where a fingerprint stands at its beginning, no more of a payload is read: attachments are large.
            let payload = """
                CASE WHEN substr(payload, 1, 1) IN (x'02', x'03')
                THEN substr(payload, 1, \(AcceptedNotification.Payload.comparedBytes)) ELSE payload END
                """
            let statement = try RawStatement(
                database, "SELECT \(payload), steps, class FROM notifications WHERE id = ?")
            var found: [NotificationID: ProjectedRequest] = [:]
            for id in ids {
                statement.bind(1, id)
                found[id] = try statement.first {
                    ProjectedRequest(
                        payload: .init(bytes: $0.blob(0)), steps: PackedTexts.unpack($0.blob(1)),
                        urgency: NotificationClass(rawValue: UInt8(truncatingIfNeeded: $0.integer(2))) ?? .normal)
                }
            }
            return found
        }
    }

    public func counts() async throws(StoreError) -> StoreCounts {
        try await read { database in
            func number(_ sql: String) throws -> Int { try RawStatement(database, sql).first { $0.int(0) } ?? 0 }
            // Rows are numbered without gaps from 1, and what is removed and the open deliveries are counted as they come
            // and go: neither table is walked through.
            let rows = try number(NotificationRows.last)
            return StoreCounts(
                notifications: try rows - number("SELECT value FROM counts WHERE name = 'removed'"),
                open: try number("SELECT value FROM counts WHERE name = 'open'"),
                ready: try number("SELECT count(*) FROM ready"),
                claimed: try number("SELECT count(*) FROM claims"),
                parked: try number("SELECT count(*) FROM parked"))
        }
    }
}
