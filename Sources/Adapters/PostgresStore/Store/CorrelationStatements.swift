/// A report that asks and an outcome that answers must not miss each other though neither sees what the other has not
/// committed yet. So who learns a key holds a lock in shared mode until its commit, and who is about to let a report
/// wait holds it alone: either the one sees the answer, or the other sees the report. Reports whose delivery is known
/// at once, as nearly all are, take no lock.
enum CorrelationStatements {
    private static let columns =
        "p.number, p.received_at, p.channel, p.key_channel, p.key_message, p.key_notification, p.id, p.ordinal, p.report"
    /// Every schema has locks of its own.
    private static let lockKeys = "5349, hashtext(current_schema())"

    static let messagesComing = Statement("messages_coming", "SELECT pg_advisory_xact_lock_shared(\(lockKeys))")
    static let notificationsComing = Statement(
        "notifications_coming", "SELECT pg_advisory_xact_lock_shared(\(lockKeys))")
    static let keepLearnersOut = Statement("keep_learners_out", "SELECT pg_advisory_xact_lock(\(lockKeys))")

    static let findMessages = Statement(
        "find_messages",
        """
        SELECT u.place, c.id, c.ordinal FROM unnest($1::int8[], $2::text[], $3::text[]) AS u (place, channel, message)
        JOIN correlations c ON c.channel = u.channel AND c.message_id = u.message
        """)

    static let findNotifications = Statement(
        "find_notifications",
        """
        SELECT u.place, n.id, (SELECT max(d.ordinal) FROM deliveries d WHERE d.number = n.number)
        FROM unnest($1::int8[], $2::uuid[]) AS u (place, id) JOIN notifications n ON n.id = u.id
        """)

    static let park = Statement(
        "park",
        """
        INSERT INTO parked (part, position, place, received_at, channel, key_channel, key_message, key_notification,
          report)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::int8[], $5::text[], $6::text[], $7::text[],
          $8::uuid[], $9::bytea[])
          AS u (part, position, place, received_at, channel, key_channel, key_message, key_notification, report)
        WHERE NOT EXISTS (SELECT FROM correlations c WHERE c.channel = u.key_channel AND c.message_id = u.key_message)
          AND NOT EXISTS (SELECT FROM notifications n WHERE n.id = u.key_notification)
        ON CONFLICT (part, position, place) DO NOTHING
        """)

    static let learn = Statement(
        "learn",
        """
        INSERT INTO correlations (channel, message_id, id, ordinal)
        SELECT * FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int8[])
        ON CONFLICT (channel, message_id) DO UPDATE SET id = excluded.id, ordinal = excluded.ordinal
        """)

    static let releaseMessages = Statement(
        "release_messages",
        """
        UPDATE parked p SET id = u.id, ordinal = u.ordinal
        FROM unnest($1::text[], $2::text[], $3::uuid[], $4::int8[]) AS u (channel, message, id, ordinal)
        WHERE p.key_channel = u.channel AND p.key_message = u.message AND p.id IS NULL RETURNING \(columns)
        """)

    static let releaseNotifications = Statement(
        "release_notifications",
        """
        UPDATE parked p SET id = u.id, ordinal = 1 FROM unnest($1::uuid[]) AS u (id)
        WHERE p.key_notification = u.id AND p.id IS NULL RETURNING \(columns)
        """)

    static let releasable = Statement(
        "releasable", "SELECT \(columns) FROM parked p WHERE p.id IS NOT NULL ORDER BY p.number LIMIT $1::int8")

    static let expired = Statement(
        "expired",
        """
        SELECT \(columns) FROM parked p WHERE p.id IS NULL AND p.received_at < $1::int8
        ORDER BY p.received_at, p.number LIMIT $2::int8
        """)

    static let unpark = Statement("unpark", "DELETE FROM parked WHERE number = ANY ($1::int8[])")
}
