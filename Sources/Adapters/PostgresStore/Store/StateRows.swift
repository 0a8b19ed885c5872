import ChannelSDK
import Pipeline

/// Reads notifications with their deliveries.
enum StateRows {
    static let select = Statement(
        "load_states",
        """
        SELECT n.id, n.number, n.account, n.external_id, n.class, n.steps, \(DeliveryRow.columns)
        FROM notifications n JOIN deliveries d ON d.number = n.number
        WHERE n.id = ANY ($1::uuid[]) ORDER BY n.number, d.ordinal
        """)

    static func read(_ rows: Rows) -> [NotificationState] {
        var states: [NotificationState] = []
        for row in rows.indices {
            let id = rows.notificationID(row, 0)
            let delivery = DeliveryRow.read(rows, row, notification: id, from: 6)
            if states.last?.id == id {
                states[states.count - 1].deliveries.append(delivery)
            } else {
                states.append(
                    NotificationState(
                        id: id, row: rows.integer(row, 1), account: rows.text(row, 2),
                        externalID: rows.optionalText(row, 3),
                        urgency: NotificationClass(rawValue: UInt8(truncatingIfNeeded: rows.integer(row, 4)))
                            ?? .normal,
                        steps: PackedTexts.unpack(rows.blob(row, 5)), deliveries: [delivery]))
            }
        }
        return states
    }
}
