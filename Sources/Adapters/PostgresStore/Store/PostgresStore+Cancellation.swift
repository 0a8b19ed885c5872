public import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func holdForCancel(_ id: NotificationID) async throws(StoreError) -> CancelHold {
        let commands = [
            CancellationStatements.withdraw, CancellationStatements.hold, CancellationStatements.newest,
        ].map { $0 { $0.add(id) } }
        return try await perform(commands) { answers in
            guard answers[2].count == 1 else { return .unknown }
            return answers[2].integer(0, 2) == 1 ? .held(answers[2].deliveryID(0, 0)) : .refused
        }
    }

    public func heldForCancel(atLeast age: Duration, limit: Int) async throws(StoreError) -> [DeliveryID] {
        let find = CancellationStatements.heldLong {
            $0.add(age.wholeMilliseconds)
            $0.add(limit)
        }
        return try await perform([find]) { answers in answers[0].indices.map { answers[0].deliveryID($0, 0) } }
    }
}

enum CancellationStatements {
    private static let newestDelivery = """
        SELECT d.number, d.ordinal, d.status, d.settle_at FROM notifications n JOIN deliveries d ON d.number = n.number
        WHERE n.id = $1::uuid ORDER BY d.ordinal DESC LIMIT 1
        """

    /// Locks come in the order in which a claim takes them: the ready row first, which a claim then passes over.
    static let withdraw = Statement(
        "withdraw_canceled",
        """
        DELETE FROM ready r USING (\(newestDelivery)) d
        WHERE r.number = d.number AND r.ordinal = d.ordinal AND d.status = 'accepted' AND d.settle_at IS NULL
          AND NOT EXISTS (SELECT FROM claims c WHERE c.number = d.number AND c.ordinal = d.ordinal)
        """)

    static let hold = Statement(
        "hold_for_cancel",
        """
        INSERT INTO claims (number, ordinal, owner, attempt, errand)
        SELECT d.number, d.ordinal, 'cancel', 0, 0 FROM (\(newestDelivery)) d
        WHERE d.status = 'accepted' AND d.settle_at IS NULL
        ON CONFLICT (number, ordinal) DO NOTHING
        """)

    static let newest = Statement(
        "newest_delivery",
        """
        SELECT $1::uuid, d.ordinal,
          EXISTS (SELECT FROM claims c WHERE c.number = d.number AND c.ordinal = d.ordinal AND c.attempt = 0)
        FROM (\(newestDelivery)) d
        """)

    static let heldLong = Statement(
        "held_for_cancel",
        """
        SELECT n.id, c.ordinal FROM claims c JOIN notifications n ON n.number = c.number
        WHERE c.attempt = 0 AND c.claimed_at <= clock_timestamp() - $1::int8::float8 * interval '1 millisecond'
        ORDER BY c.claimed_at, c.number, c.ordinal LIMIT $2::int8
        """)

    /// Holds the first deliveries of new notifications whose cancel was there before them. While no cancel waits, as is
    /// nearly always so, it looks at none of them.
    static let holdProjected = Statement(
        "hold_projected",
        """
        WITH held AS (
          SELECT DISTINCT n.number FROM unnest($1::uuid[], $2::int8[]) AS u (id, number)
          JOIN notifications n ON n.number = u.number
          JOIN parked p ON p.key_notification = u.id AND p.place = -1 AND p.id IS NULL
            AND (p.channel = '' OR p.channel = n.account COLLATE "C")
          WHERE EXISTS (SELECT FROM parked WHERE place = -1 AND id IS NULL)
        ), gone AS (
          DELETE FROM ready r USING held h WHERE r.number = h.number AND r.ordinal = 1
        )
        INSERT INTO claims (number, ordinal, owner, attempt, errand) SELECT number, 1, 'cancel', 0, 0 FROM held
        ON CONFLICT (number, ordinal) DO UPDATE SET (owner, attempt, errand) = ('cancel', 0, 0)
        """)
}
