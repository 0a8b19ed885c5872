public import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func holdForCancel(_ id: NotificationID) async throws(StoreError) -> CancelHold {
        let now = clock.now()
        return try await write { session in
            guard let row = try session.row(of: id), let newest = try session.newestDelivery(of: row) else {
                return .unknown
            }
            let delivery = DeliveryID(notification: id, ordinal: newest.ordinal)
            guard newest.isAccepted, newest.claimedAttempt ?? 0 == 0 else { return .refused }
            if newest.claimedAttempt == nil { try session.hold(row: row, ordinal: newest.ordinal, at: now) }
            return .held(delivery)
        }
    }

    public func heldForCancel(atLeast age: Duration, limit: Int) async throws(StoreError) -> [DeliveryID] {
        let since = clock.now() - age
        return try await claims(where: "c.attempt = 0 AND c.claimed_at <= ?", limit: limit) { $0.bind(1, since) }
            .map(\.delivery)
    }
}

extension WriteSession {
    fileprivate func newestDelivery(
        of row: Int64
    ) throws -> (ordinal: UInt16, isAccepted: Bool, claimedAttempt: Int64?)? {
        let find = try statement(
            """
            SELECT d.ordinal, d.status, c.attempt, d.settle_at FROM deliveries d
            LEFT JOIN claims c ON c.row = d.row AND c.ordinal = d.ordinal
            WHERE d.row = ? ORDER BY d.ordinal DESC LIMIT 1
            """)
        find.bind(1, row)
        return try find.first { found in
            (
                UInt16(truncatingIfNeeded: found.integer(0)),
                found.text(1) == StatusName.accepted.rawValue && found.isNull(3),
                found.isNull(2) ? nil : found.integer(2)
            )
        }
    }

    /// Nobody can claim the delivery any more. Nobody must have.
    func hold(row: Int64, ordinal: UInt16, at now: Timestamp) throws {
        try removeReady(row: row, ordinal: ordinal)
        let insert = try statement(
            "INSERT OR REPLACE INTO claims (row, ordinal, owner, attempt, errand, claimed_at) VALUES (?, ?, ?, 0, 0, ?)"
        )
        insert.bind(1, row)
        insert.bind(2, Int64(ordinal))
        insert.bind(3, try number(of: .cancel))
        insert.bind(4, now)
        try insert.run()
    }
}
