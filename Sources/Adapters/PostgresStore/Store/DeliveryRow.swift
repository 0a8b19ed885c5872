import ChannelSDK
import Pipeline

/// How a delivery's state lies in its row.
enum DeliveryRow {
    /// In the order in which ``read(_:_:notification:from:)`` reads them.
    static let columns = """
        d.ordinal, d.channel, d.step, d.graph_version, d.created_at, d.status, d.settlement, d.updated_at, d.sequence, \
        d.attempts, d.failures, d.settle_at, d.waiting, d.waiting_until, d.provider_message_id, d.occurred_at, d.code, \
        d.message, d.parts, d.expected_parts, d.ends_route, d.segments
        """

    private static let changing = """
        status, settlement, updated_at, sequence, attempts, failures, settle_at, waiting, waiting_until, \
        provider_message_id, occurred_at, code, message, parts, expected_parts, segments
        """

    private static let arrays = """
        $1::int8[], $2::int8[], $3::text[], $4::int8[], $5::int8[], $6::int8[], $7::int8[], $8::int8[], $9::int8[], \
        $10::text[], $11::int8[], $12::text[], $13::int8[], $14::text[], $15::text[], $16::bytea[], $17::bytea[], \
        $18::int8[]
        """

    /// Refuses the whole batch, as a stale owner's, when one of the deliveries has been removed: `pass_fence` is called
    /// then only, with an epoch that no partition has.
    static let update = Statement(
        "update_deliveries",
        """
        WITH updated AS (
        UPDATE deliveries d SET (\(changing)) = (u.status, u.settlement::int2, u.updated_at, u.sequence, u.attempts,
          u.failures, u.settle_at, u.waiting, u.waiting_until, u.provider_message_id, u.occurred_at, u.code, u.message,
          u.parts, u.expected_parts, u.segments)
        FROM unnest(\(arrays)) AS u (number, ordinal, \(changing))
        WHERE d.number = u.number AND d.ordinal = u.ordinal
        RETURNING 1
        )
        SELECT pass_fence($19::text, $20::int8, -1, 0) FROM updated HAVING count(*) < cardinality($1::int8[])
        """)

    static let insert = Statement(
        "insert_deliveries",
        """
        INSERT INTO deliveries (number, ordinal, \(changing), channel, step, graph_version, created_at)
        SELECT * FROM unnest(\(arrays), $19::text[], $20::int8[], $21::int8[], $22::int8[])
        ON CONFLICT (number, ordinal) DO UPDATE SET (\(changing)) = (excluded.status, excluded.settlement,
          excluded.updated_at, excluded.sequence, excluded.attempts, excluded.failures, excluded.settle_at,
          excluded.waiting, excluded.waiting_until, excluded.provider_message_id, excluded.occurred_at, excluded.code,
          excluded.message, excluded.parts, excluded.expected_parts, excluded.segments)
        """)

    static func fill(_ parameters: inout Parameters, _ updates: [Application.Update]) {
        parameters.add(updates) { $0.row }
        parameters.add(updates) { Int64($0.delivery.id.ordinal) }
        parameters.add(updates) { $0.delivery.status.rawValue }
        parameters.add(updates) { $0.delivery.settlement.stored }
        parameters.add(updates) { $0.delivery.updatedAt.milliseconds }
        parameters.add(updates) { Int64($0.delivery.sequence) }
        parameters.add(updates) { Int64($0.delivery.attempts) }
        parameters.add(updates) { Int64($0.delivery.failures) }
        parameters.add(updates) { $0.delivery.settleAt?.milliseconds }
        parameters.add(updates) { $0.delivery.waiting?.reason.rawValue }
        parameters.add(updates) { $0.delivery.waiting?.until?.milliseconds }
        parameters.add(updates) { $0.delivery.providerMessageID }
        parameters.add(updates) { $0.delivery.detail.occurredAt?.milliseconds }
        parameters.add(updates) { $0.delivery.detail.code }
        parameters.add(updates) { $0.delivery.detail.message }
        parameters.add(updates) { $0.delivery.packedParts }
        parameters.add(updates) { update in
            update.delivery.expectedParts.isEmpty ? nil : PackedTexts.pack(update.delivery.expectedParts)
        }
        parameters.add(updates) { $0.delivery.segments.map { Int64($0) } }
    }

    /// The rest, for ``insert``.
    static func fillOrigin(_ parameters: inout Parameters, _ updates: [Application.Update]) {
        parameters.add(updates) { $0.delivery.channel }
        parameters.add(updates) { Int64($0.delivery.step) }
        parameters.add(updates) { Int64($0.delivery.graphVersion) }
        parameters.add(updates) { $0.delivery.createdAt.milliseconds }
    }

    /// Reads the columns from `first` on.
    static func read(_ rows: Rows, _ row: Int, notification: NotificationID, from first: Int) -> DeliveryState {
        let ordinal = UInt16(truncatingIfNeeded: rows.integer(row, first))
        var delivery = DeliveryState(
            id: DeliveryID(notification: notification, ordinal: ordinal), channel: rows.text(row, first + 1),
            step: rows.int(row, first + 2), graphVersion: rows.int(row, first + 3),
            createdAt: rows.timestamp(row, first + 4))
        delivery.status = StatusName(rows.text(row, first + 5))
        delivery.settlement = Settlement(stored: rows.integer(row, first + 6))
        delivery.updatedAt = rows.timestamp(row, first + 7)
        delivery.sequence = rows.int(row, first + 8)
        delivery.attempts = rows.int(row, first + 9)
        delivery.failures = rows.int(row, first + 10)
        delivery.settleAt = rows.optionalTimestamp(row, first + 11)
        if let reason = rows.optionalText(row, first + 12).flatMap(Waiting.Reason.init) {
            delivery.waiting = Waiting(reason, until: rows.optionalTimestamp(row, first + 13))
        }
        delivery.providerMessageID = rows.optionalText(row, first + 14)
        delivery.detail = StatusDetail(
            occurredAt: rows.optionalTimestamp(row, first + 15), code: rows.optionalText(row, first + 16),
            message: rows.optionalText(row, first + 17))
        let parts = PackedTexts.unpack(rows.blob(row, first + 18))
        for index in stride(from: 0, to: parts.count - 1, by: 2) {
            delivery.parts[parts[index]] = StatusName(parts[index + 1])
        }
        delivery.expectedParts = PackedTexts.unpack(rows.blob(row, first + 19))
        delivery.endsRoute = rows.integer(row, first + 20) == 1
        delivery.segments = rows.isNull(row, first + 21) ? nil : rows.int(row, first + 21)
        return delivery
    }
}

extension DeliveryState {
    fileprivate var packedParts: [UInt8]? {
        guard !parts.isEmpty else { return nil }
        return PackedTexts.pack(parts.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value.rawValue] })
    }
}

extension Settlement {
    var stored: Int64 {
        switch self {
        case .open: 0
        case .settled: 1
        case .closed: 2
        }
    }

    init(stored: Int64) {
        switch stored {
        case 0: self = .open
        case 1: self = .settled
        default: self = .closed
        }
    }
}
