import ChannelSDK
import GRDB
import Pipeline

/// How a timeline entry lies in its row. `place` numbers the entries that one record made, over all deliveries.
enum TimelineRow {
    static let columns = """
        part, position, ordinal, kind, at, reported, occurred_at, code, message, sequence, previous, status, settlement, \
        notification_status, without_effect, late, segments, event_id
        """

    static let insert = "\(into) VALUES (\(marks))"

    /// For an entry with an event: leaves out what says nothing new, an entry without a sequence whose event is there.
    static let insertEvent = """
        \(into) SELECT \(marks)
        WHERE ?10 IS NOT NULL
          OR NOT EXISTS (
            SELECT 1 FROM timeline INDEXED BY timeline_events WHERE row = ?19 AND ordinal = ?3 AND event_id = ?18)
        """

    private static let into = "INSERT INTO timeline (\(columns), row, place)"
    private static let marks = (1...20).map { "?\($0)" }.joined(separator: ", ")

    static func bind(_ entry: TimelineEntry, place: Int, to statement: RawStatement) {
        statement.bind(1, entry.source.partition)
        statement.bind(2, entry.source.offset)
        statement.bind(3, Int64(entry.delivery.ordinal))
        statement.bind(4, entry.kind.rawValue)
        statement.bind(5, entry.at)
        statement.bind(6, entry.reported)
        statement.bind(7, entry.detail.occurredAt)
        statement.bind(8, entry.detail.code)
        statement.bind(9, entry.detail.message)
        if let change = entry.change {
            statement.bind(10, change.sequence)
            statement.bind(11, change.previous?.rawValue)
            statement.bind(12, change.status.rawValue)
            statement.bind(13, change.settlement.stored)
            statement.bind(14, change.notificationStatus.rawValue)
        } else {
            for index in Int32(10)...14 { statement.bindNull(index) }
        }
        statement.bind(15, entry.withoutEffect)
        if entry.change?.isLate == true { statement.bind(16, 1) } else { statement.bindNull(16) }
        if let segments = entry.change?.segments { statement.bind(17, segments) } else { statement.bindNull(17) }
        statement.bind(18, entry.eventID)
        statement.bind(19, entry.row)
        statement.bind(20, place)
    }

    static func read(_ row: RawStatement, notification: NotificationID, number: Int64) -> TimelineEntry {
        var entry = TimelineEntry(
            delivery: DeliveryID(notification: notification, ordinal: UInt16(truncatingIfNeeded: row.integer(2))),
            row: number, source: LogPosition(partition: row.int(0), offset: row.integer(1)),
            kind: TimelineEntry.Kind(rawValue: row.text(3)) ?? .report, at: row.timestamp(4),
            reported: row.optionalText(5),
            detail: StatusDetail(
                occurredAt: row.optionalTimestamp(6), code: row.optionalText(7), message: row.optionalText(8)))
        if !row.isNull(9) {
            entry.change = TimelineEntry.Change(
                sequence: row.int(9), previous: row.optionalText(10).map { StatusName($0) },
                status: StatusName(row.text(11)), settlement: Settlement(stored: row.integer(12)),
                notificationStatus: StatusName(row.text(13)), isLate: !row.isNull(15),
                segments: row.isNull(16) ? nil : row.int(16))
        }
        entry.withoutEffect = row.optionalText(14)
        entry.eventID = row.optionalText(17)
        return entry
    }
}
