import Pipeline

/// What is read of a payload only to be compared: one of a layout other than the first is told by what stands at its
/// beginning, and its attachments stay unread.
enum ComparedPayload {
    static let column = """
        CASE WHEN substring(n.payload FROM 1 FOR 1) > '\\x01'::bytea
        THEN substring(n.payload FROM 1 FOR \(AcceptedNotification.Payload.comparedBytes)) ELSE n.payload END
        """
}
