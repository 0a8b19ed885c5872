import Pipeline

/// What is read of a payload only to be compared: where a fingerprint stands at its beginning, no more, since attachments
/// are large.
enum ComparedPayload {
    static let column = """
        CASE WHEN substring(n.payload FROM 1 FOR 1) IN ('\\x02'::bytea, '\\x03'::bytea)
        THEN substring(n.payload FROM 1 FOR \(AcceptedNotification.Payload.comparedBytes)) ELSE n.payload END
        """
}
