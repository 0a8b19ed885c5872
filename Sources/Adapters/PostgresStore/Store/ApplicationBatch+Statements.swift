extension ApplicationBatch {
    private static let keys = "unnest($1::int8[], $2::int8[]) AS u (number, ordinal)"

    /// To come before the position is passed: a batch that comes a second time, because the answer to its commit was
    /// lost, has been counted.
    static let countOpen = Statement(
        "count_open",
        """
        UPDATE stage_progress SET open = open + $3::int8
        WHERE stage = $1::text AND part = $2::int8 AND next_offset < $4::int8
        """)

    static let noteSettling = Statement(
        "note_settling",
        """
        INSERT INTO settling AS s (number, ordinal, settle_at)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::int8[])
        ON CONFLICT (number, ordinal) DO UPDATE SET settle_at = excluded.settle_at
        WHERE s.settle_at <> excluded.settle_at
        """)

    static let forgetSettling = Statement(
        "forget_settling", "DELETE FROM settling s USING \(keys) WHERE s.number = u.number AND s.ordinal = u.ordinal")

    static let endClaims = Statement(
        "end_claims",
        """
        DELETE FROM claims c USING unnest($1::int8[], $2::int8[], $3::int8[]) AS u (number, ordinal, attempt)
        WHERE c.number = u.number AND c.ordinal = u.ordinal AND c.attempt = u.attempt
        """)

    static let withdraw = Statement(
        "withdraw", "DELETE FROM ready r USING \(keys) WHERE r.number = u.number AND r.ordinal = u.ordinal")

    static let makeReady = Statement(
        "make_ready",
        """
        INSERT INTO ready (number, ordinal, channel, class, account, due, attempt, errand)
        SELECT * FROM unnest($1::int8[], $2::int8[], $3::text[], $4::int8[], $5::text[], $6::int8[], $7::int8[],
          $8::int8[])
        ON CONFLICT (number, ordinal) DO UPDATE SET (channel, class, account, due, attempt, errand) = (excluded.channel,
          excluded.class, excluded.account, excluded.due, excluded.attempt, excluded.errand)
        """)

    static let changes = Statement(
        "find_changes",
        """
        SELECT \(TimelineRow.columns) FROM timeline t
        JOIN notifications n ON n.number = t.number
        WHERE n.id = ANY ($1::uuid[]) AND t.part = $2::int8 AND t.position >= $3::int8 AND t.position < $4::int8
          AND t.sequence IS NOT NULL
        """)

    static let dueSettlements = Statement(
        "due_settlements",
        """
        SELECT n.id, s.ordinal FROM settling s JOIN notifications n ON n.number = s.number
        WHERE s.settle_at <= $1::int8 ORDER BY s.settle_at, s.number, s.ordinal LIMIT $2::int8
        """)
}
