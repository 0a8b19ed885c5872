import ChannelSDK
import GRDB
import Pipeline

/// How a delivery's state lies in its row.
enum DeliveryRow {
    /// In the order in which ``read(_:notification:from:)`` reads them.
    static let columns = """
        ordinal, channel, step, graph_version, created_at, status, settlement, updated_at, sequence, attempts, failures, \
        settle_at, waiting, waiting_until, provider_message_id, occurred_at, code, message, parts, expected_parts, \
        ends_route, segments
        """

    static let insert = """
        INSERT INTO deliveries (status, settlement, updated_at, sequence, attempts, failures, settle_at, waiting,
          waiting_until, provider_message_id, occurred_at, code, message, parts, expected_parts, ends_route, segments, row,
          ordinal, channel, step, graph_version, created_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """

    static let update = """
        UPDATE deliveries SET status = ?, settlement = ?, updated_at = ?, sequence = ?, attempts = ?, failures = ?,
          settle_at = ?, waiting = ?, waiting_until = ?, provider_message_id = ?, occurred_at = ?, code = ?,
          message = ?, parts = ?, expected_parts = ?, ends_route = ?, segments = ?
        WHERE row = ? AND ordinal = ?
        """

    /// The parameters that ``insert`` and ``update`` have in common.
    static func bind(_ delivery: DeliveryState, row: Int64, to statement: RawStatement) {
        statement.bind(1, delivery.status.rawValue)
        statement.bind(2, delivery.settlement.stored)
        statement.bind(3, delivery.updatedAt)
        statement.bind(4, delivery.sequence)
        statement.bind(5, delivery.attempts)
        statement.bind(6, delivery.failures)
        statement.bind(7, delivery.settleAt)
        statement.bind(8, delivery.waiting?.reason.rawValue)
        statement.bind(9, delivery.waiting?.until)
        statement.bind(10, delivery.providerMessageID)
        statement.bind(11, delivery.detail.occurredAt)
        statement.bind(12, delivery.detail.code)
        statement.bind(13, delivery.detail.message)
        if delivery.parts.isEmpty {
            statement.bindNull(14)
        } else {
            let pairs = delivery.parts.sorted { $0.key < $1.key }.flatMap { [$0.key, $0.value.rawValue] }
            statement.bind(14, blob: PackedTexts.pack(pairs))
        }
        if delivery.expectedParts.isEmpty {
            statement.bindNull(15)
        } else {
            statement.bind(15, blob: PackedTexts.pack(delivery.expectedParts))
        }
        statement.bind(16, delivery.endsRoute ? 1 : 0)
        if let segments = delivery.segments { statement.bind(17, segments) } else { statement.bindNull(17) }
        statement.bind(18, row)
        statement.bind(19, Int64(delivery.id.ordinal))
    }

    /// The rest, for ``insert``.
    static func bindOrigin(_ delivery: DeliveryState, to statement: RawStatement) {
        statement.bind(20, delivery.channel)
        statement.bind(21, delivery.step)
        statement.bind(22, delivery.graphVersion)
        statement.bind(23, delivery.createdAt)
    }

    static func read(_ row: RawStatement, notification: NotificationID) -> DeliveryState {
        var delivery = DeliveryState(
            id: DeliveryID(notification: notification, ordinal: UInt16(truncatingIfNeeded: row.integer(0))),
            channel: row.text(1), step: row.int(2), graphVersion: row.int(3), createdAt: row.timestamp(4))
        delivery.status = StatusName(row.text(5))
        delivery.settlement = Settlement(stored: row.integer(6))
        delivery.updatedAt = row.timestamp(7)
        delivery.sequence = row.int(8)
        delivery.attempts = row.int(9)
        delivery.failures = row.int(10)
        delivery.settleAt = row.optionalTimestamp(11)
        if let reason = row.optionalText(12).flatMap(Waiting.Reason.init) {
            delivery.waiting = Waiting(reason, until: row.optionalTimestamp(13))
        }
        delivery.providerMessageID = row.optionalText(14)
        delivery.detail = StatusDetail(
            occurredAt: row.optionalTimestamp(15), code: row.optionalText(16), message: row.optionalText(17))
        if !row.isNull(18) {
            let texts = PackedTexts.unpack(row.blob(18))
            for index in stride(from: 0, to: texts.count - 1, by: 2) {
                delivery.parts[texts[index]] = StatusName(texts[index + 1])
            }
        }
        if !row.isNull(19) { delivery.expectedParts = PackedTexts.unpack(row.blob(19)) }
        delivery.endsRoute = row.integer(20) == 1
        if !row.isNull(21) { delivery.segments = row.int(21) }
        return delivery
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
