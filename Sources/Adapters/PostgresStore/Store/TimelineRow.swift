import ChannelSDK
import Pipeline

/// How a timeline entry lies in its row. `place` numbers the entries that one record made, over all deliveries.
enum TimelineRow {
    static let columns = """
        t.number, t.part, t.position, t.ordinal, t.kind, t.at, t.reported, t.occurred_at, t.code, t.message, \
        t.sequence, t.previous, t.status, t.settlement, t.notification_status, t.without_effect, t.late, t.segments, \
        t.event_id
        """

    private static let written = """
        number, part, position, place, ordinal, kind, at, reported, occurred_at, code, message, sequence, previous, \
        status, settlement, notification_status, without_effect, late, segments, event_id
        """

    private static let arrays = """
        unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::int8[], $6::text[], $7::int8[], $8::text[], \
        $9::int8[], $10::text[], $11::text[], $12::int8[], $13::text[], $14::text[], $15::int8[], $16::text[], \
        $17::text[], $18::int8[], $19::int8[], $20::text[])
        """

    private static let insert = Statement(
        "insert_timeline", "INSERT INTO timeline (\(written)) SELECT * FROM \(arrays)")

    /// Leaves out what says nothing new: an entry without a sequence whose event is there. One look into the index each.
    private static let insertEvents = Statement(
        "insert_timeline_events",
        """
        INSERT INTO timeline (\(written)) SELECT u.* FROM \(arrays) AS u (\(written))
        LEFT JOIN LATERAL (
          SELECT 1 AS there FROM timeline t
          WHERE t.number = u.number AND t.ordinal = u.ordinal AND t.event_id = u.event_id LIMIT 1
        ) AS known ON true
        WHERE u.sequence IS NOT NULL OR known.there IS NULL
        """)

    static func insertions(of timeline: [TimelineEntry]) -> [Command] {
        var place: Int64 = 0
        var last: LogPosition?
        let rows = timeline.map { entry in
            place = entry.source == last ? place + 1 : 0
            last = entry.source
            return (entry, place)
        }
        let (plain, events) = (rows.filter { $0.0.eventID == nil }, rows.filter { $0.0.eventID != nil })
        return (plain.isEmpty ? [] : [insert { fill(&$0, plain) }])
            + (events.isEmpty ? [] : [insertEvents { fill(&$0, events) }])
    }

    private static func fill(_ parameters: inout Parameters, _ rows: [(entry: TimelineEntry, place: Int64)]) {
        let entries = rows.map(\.entry)
        parameters.add(entries) { $0.row }
        parameters.add(entries) { Int64($0.source.partition) }
        parameters.add(entries) { $0.source.offset }
        parameters.add(rows) { $0.place }
        parameters.add(entries) { Int64($0.delivery.ordinal) }
        parameters.add(entries) { $0.kind.rawValue }
        parameters.add(entries) { $0.at.milliseconds }
        parameters.add(entries) { $0.reported }
        parameters.add(entries) { $0.detail.occurredAt?.milliseconds }
        parameters.add(entries) { $0.detail.code }
        parameters.add(entries) { $0.detail.message }
        parameters.add(entries) { $0.change.map { Int64($0.sequence) } }
        parameters.add(entries) { $0.change?.previous?.rawValue }
        parameters.add(entries) { $0.change?.status.rawValue }
        parameters.add(entries) { $0.change?.settlement.stored }
        parameters.add(entries) { $0.change?.notificationStatus.rawValue }
        parameters.add(entries) { $0.withoutEffect }
        parameters.add(entries) { $0.change?.isLate == true ? 1 as Int64 : nil }
        parameters.add(entries) { $0.change?.segments.map { Int64($0) } }
        parameters.add(entries) { $0.eventID }
    }

    static func read(_ rows: Rows, _ row: Int, notification: NotificationID) -> TimelineEntry {
        let ordinal = UInt16(truncatingIfNeeded: rows.integer(row, 3))
        var entry = TimelineEntry(
            delivery: DeliveryID(notification: notification, ordinal: ordinal), row: rows.integer(row, 0),
            source: LogPosition(partition: rows.int(row, 1), offset: rows.integer(row, 2)),
            kind: TimelineEntry.Kind(rawValue: rows.text(row, 4)) ?? .report, at: rows.timestamp(row, 5),
            reported: rows.optionalText(row, 6),
            detail: StatusDetail(
                occurredAt: rows.optionalTimestamp(row, 7), code: rows.optionalText(row, 8),
                message: rows.optionalText(row, 9)))
        if !rows.isNull(row, 10) {
            entry.change = TimelineEntry.Change(
                sequence: rows.int(row, 10), previous: rows.optionalText(row, 11).map { StatusName($0) },
                status: StatusName(rows.text(row, 12)), settlement: Settlement(stored: rows.integer(row, 13)),
                notificationStatus: StatusName(rows.text(row, 14)), isLate: !rows.isNull(row, 16),
                segments: rows.isNull(row, 17) ? nil : rows.int(row, 17))
        }
        entry.withoutEffect = rows.optionalText(row, 15)
        entry.eventID = rows.optionalText(row, 18)
        return entry
    }
}
