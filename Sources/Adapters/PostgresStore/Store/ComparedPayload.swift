import ChannelSDK
import Pipeline

/// What is read of a notification only to be compared. Of its payload no more than the fingerprint, where one stands at its
/// beginning, since attachments are large.
enum ComparedPayload {
    /// Behind the notification's id: see ``Rows/projectedRequest(_:)``.
    static let columns = """
        CASE WHEN substring(n.payload FROM 1 FOR 1) IN ('\\x02'::bytea, '\\x03'::bytea)
        THEN substring(n.payload FROM 1 FOR \(AcceptedNotification.Payload.comparedBytes)) ELSE n.payload END,
        n.steps, n.class
        """
}

extension Rows {
    /// From ``ComparedPayload/columns``, the first of which is column 1.
    func projectedRequest(_ row: Int) -> ProjectedRequest {
        ProjectedRequest(
            payload: .init(bytes: blob(row, 1)), steps: PackedTexts.unpack(blob(row, 2)),
            urgency: NotificationClass(rawValue: UInt8(truncatingIfNeeded: integer(row, 3))) ?? .normal)
    }
}
