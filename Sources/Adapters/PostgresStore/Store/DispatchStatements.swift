/// The dispatcher's statements.
enum DispatchStatements {
    static let accountsFrom = accounts("accounts_from", ">=")
    static let accountsBehind = accounts("accounts_behind", ">")

    /// Goes from account to account in the ready index: one seek for each, however many rows it has.
    private static func accounts(_ name: String, _ comparison: String) -> Statement {
        Statement(
            name,
            """
            WITH RECURSIVE walk (account, due) AS (
              (SELECT account, due FROM ready WHERE channel = $1::text AND class = $2::int8 AND account \(comparison) $3::text
               ORDER BY account, due LIMIT 1)
              UNION ALL
              SELECT next.account, next.due FROM walk CROSS JOIN LATERAL (
                SELECT account, due FROM ready
                WHERE channel = $1::text AND class = $2::int8 AND account > walk.account ORDER BY account, due LIMIT 1
              ) next
              WHERE $4::text IS NULL OR next.account <= $4::text COLLATE "C"
            )
            SELECT account FROM walk
            WHERE due <= $5::int8 AND ($4::text IS NULL OR account <= $4::text COLLATE "C") LIMIT $6::int8
            """)
    }

    static let nextDue = Statement(
        "next_due",
        """
        WITH RECURSIVE walk (account, due) AS (
          (SELECT account, due FROM ready WHERE channel = $1::text AND class = $2::int8 ORDER BY account, due LIMIT 1)
          UNION ALL
          SELECT next.account, next.due FROM walk CROSS JOIN LATERAL (
            SELECT account, due FROM ready
            WHERE channel = $1::text AND class = $2::int8 AND account > walk.account ORDER BY account, due LIMIT 1
          ) next
        )
        SELECT min(due) FROM walk
        """)

    /// What another claim has locked is passed over. What is claimed still can't be taken twice, whatever `ready` says.
    static let claim = Statement(
        "claim",
        """
        WITH taken AS MATERIALIZED (
          SELECT number, ordinal, due, attempt, errand FROM ready r
          WHERE channel = $1::text AND class = $2::int8 AND account = $3::text AND due <= $4::int8
            AND NOT EXISTS (SELECT FROM claims c WHERE c.number = r.number AND c.ordinal = r.ordinal)
          ORDER BY due, number, ordinal LIMIT $5::int8 FOR UPDATE OF r SKIP LOCKED
        ), gone AS (
          DELETE FROM ready r USING taken t WHERE r.number = t.number AND r.ordinal = t.ordinal
        ), noted AS (
          INSERT INTO claims (number, ordinal, owner, attempt, errand)
          SELECT number, ordinal, $6::text, attempt, errand FROM taken
        )
        SELECT n.id, t.ordinal, t.errand, t.attempt, n.expires_at, n.payload, t.due
        FROM taken t JOIN notifications n ON n.number = t.number ORDER BY t.due, t.number, t.ordinal
        """)

    static let renewLease = Statement(
        "renew_lease",
        """
        INSERT INTO owners (name, lease_until)
        VALUES ($1::text, clock_timestamp() + $2::int8::float8 * interval '1 millisecond')
        ON CONFLICT (name) DO UPDATE SET lease_until = excluded.lease_until
        """)

    private static let selectClaims = """
        SELECT n.id, c.ordinal, c.attempt, c.errand, c.owner
        FROM claims c JOIN notifications n ON n.number = c.number LEFT JOIN owners o ON o.name = c.owner
        """

    static let abandonedClaims = Statement(
        "abandoned_claims",
        """
        \(selectClaims) WHERE c.attempt > 0 AND (o.name IS NULL OR o.lease_until <= clock_timestamp())
        ORDER BY c.claimed_at, c.number, c.ordinal LIMIT $1::int8
        """)

    static let claimsOfOwner = Statement(
        "claims_of_owner",
        "\(selectClaims) WHERE c.owner = $1::text ORDER BY c.claimed_at, c.number, c.ordinal LIMIT $2::int8")

    static let removeIdleOwners = Statement(
        "remove_idle_owners",
        """
        DELETE FROM owners o WHERE o.lease_until <= clock_timestamp()
          AND NOT EXISTS (SELECT FROM claims c WHERE c.owner = o.name)
        """)
}
