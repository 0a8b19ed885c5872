import ChannelSDK
import GRDB
import Pipeline

/// Reads notifications with their deliveries.
struct StateLoader {
    struct Found {
        let state: NotificationState
        let acceptedAt: Timestamp
        let payload: AcceptedNotification.Payload
    }

    private let notification: RawStatement
    private let deliveries: RawStatement
    private let withPayload: Bool

    /// - Parameter withPayload: false where nobody looks at it: it can be large.
    init(_ database: Database, withPayload: Bool = false) throws {
        self.withPayload = withPayload
        notification = try RawStatement(
            database,
            """
            SELECT row, account, external_id, class, steps, accepted_at\(withPayload ? ", payload" : "")
            FROM notifications WHERE id = ?
            """)
        deliveries = try RawStatement(
            database, "SELECT \(DeliveryRow.columns) FROM deliveries WHERE row = ? ORDER BY ordinal")
    }

    func state(of id: NotificationID) throws -> Found? {
        notification.bind(1, id)
        return try notification.first { row in
            let number = row.integer(0)
            var states: [DeliveryState] = []
            deliveries.bind(1, number)
            try deliveries.forEach { states.append(DeliveryRow.read($0, notification: id)) }
            let state = NotificationState(
                id: id, row: number, account: row.text(1), externalID: row.optionalText(2),
                urgency: NotificationClass(rawValue: UInt8(truncatingIfNeeded: row.integer(3))) ?? .normal,
                steps: PackedTexts.unpack(row.blob(4)), deliveries: states)
            return Found(
                state: state, acceptedAt: row.timestamp(5), payload: .init(bytes: withPayload ? row.blob(6) : []))
        }
    }
}
