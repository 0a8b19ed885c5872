public import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func readyShares(
        of channel: String, at now: Timestamp, after: String?, limit: Int
    ) async throws(StoreError) -> [ReadyShare] {
        try await read { database in
            var shares: [ReadyShare] = []
            for urgency in NotificationClass.allCases {
                let accounts = AccountWalk(database, channel, urgency)
                var found = try accounts.due(at: now, after: after, upTo: nil, limit: limit)
                if let after, found.count < limit {
                    found += try accounts.due(at: now, after: nil, upTo: after, limit: limit - found.count)
                }
                shares += found.map { ReadyShare(urgency: urgency, account: $0) }
            }
            return shares
        }
    }

    public func claim(_ order: ClaimOrder) async throws(StoreError) -> [ClaimedDelivery] {
        guard order.picks.contains(where: { $0.count > 0 }) else { return [] }
        let claimedAt = clock.now()
        return try await write { session in
            var writer = try ClaimWriter(session, order, claimedAt: claimedAt)
            for pick in order.picks where pick.count > 0 { try writer.take(pick) }
            return writer.claimed
        }
    }

    public func nextDue(of channel: String) async throws(StoreError) -> Timestamp? {
        try await read { database in
            var earliest: Timestamp?
            for urgency in NotificationClass.allCases {
                try AccountWalk(database, channel, urgency).forEachFirstDue { _, due in
                    earliest = min(earliest ?? due, due)
                    return true
                }
            }
            return earliest
        }
    }

    public func renewLease(of owner: OwnerID, for duration: Duration) async throws(StoreError) {
        let until = clock.now() + duration
        try await write { session in
            let statement = try session.statement(
                """
                INSERT INTO owners (name, lease_until) VALUES (?, ?)
                ON CONFLICT (name) DO UPDATE SET lease_until = excluded.lease_until
                """)
            statement.bind(1, owner.text)
            statement.bind(2, until)
            try statement.run()
        }
    }

    public func abandonedClaims(limit: Int) async throws(StoreError) -> [Claim] {
        let now = clock.now()
        return try await claims(where: "o.lease_until <= ? AND c.attempt > 0", limit: limit) { $0.bind(1, now) }
    }

    public func claims(of owner: OwnerID, limit: Int) async throws(StoreError) -> [Claim] {
        try await claims(where: "o.name = ?", limit: limit) { $0.bind(1, owner.text) }
    }

    func claims(
        where condition: String, limit: Int, _ bind: @escaping @Sendable (RawStatement) -> Void
    ) async throws(StoreError) -> [Claim] {
        try await read { database in
            let statement = try RawStatement(
                database,
                """
                SELECT n.id, c.ordinal, c.attempt, c.errand, o.name
                FROM claims c JOIN owners o ON o.number = c.owner JOIN notifications n ON n.row = c.row
                WHERE \(condition) ORDER BY c.claimed_at, c.row, c.ordinal LIMIT ?
                """)
            bind(statement)
            statement.bind(2, limit)
            var claims: [Claim] = []
            try statement.forEach { row in
                let id = DeliveryID(
                    notification: try row.notificationID(0), ordinal: UInt16(truncatingIfNeeded: row.integer(1)))
                claims.append(
                    Claim(
                        delivery: id, attempt: row.int(2), errand: Errand(row.integer(3)), owner: OwnerID(row.text(4))))
            }
            return claims
        }
    }

    func forgetOwners() async throws(StoreError) {
        try await write { try $0.statement("UPDATE owners SET lease_until = 0").run() }
    }

    func removeIdleOwners() async throws(StoreError) {
        let now = clock.now()
        try await write { session in
            let statement = try session.statement(
                "DELETE FROM owners WHERE lease_until <= ? AND number NOT IN (SELECT owner FROM claims)")
            statement.bind(1, now)
            try statement.run()
        }
    }
}

extension Errand {
    init(_ stored: Int64) { self = Errand(rawValue: UInt8(truncatingIfNeeded: stored)) ?? .send }
}

extension WriteSession {
    /// The owner's number, given now if it has none.
    func number(of owner: OwnerID) throws -> Int64 {
        let find = try statement("SELECT number FROM owners WHERE name = ?")
        find.bind(1, owner.text)
        if let number = try find.first({ $0.integer(0) }) { return number }
        let insert = try statement("INSERT INTO owners (name, lease_until) VALUES (?, 0)")
        insert.bind(1, owner.text)
        try insert.run()
        return lastRow
    }
}

/// Goes from account to account in the ready index: one seek for each, however many rows it has.
private struct AccountWalk {
    private let database: Database
    private let channel: String
    private let urgency: NotificationClass

    init(_ database: Database, _ channel: String, _ urgency: NotificationClass) {
        self.database = database
        self.channel = channel
        self.urgency = urgency
    }

    /// Accounts with something due, in order of their names, behind `after` and not behind `upTo`.
    func due(at now: Timestamp, after: String?, upTo last: String?, limit: Int) throws -> [String] {
        var accounts: [String] = []
        try forEachFirstDue(after: after) { account, due in
            if accounts.count >= limit { return false }
            if let last, !account.utf8.lexicographicallyPrecedes(last.utf8), account != last { return false }
            if due <= now { accounts.append(account) }
            return true
        }
        return accounts
    }

    /// Calls `visit` with each account and the due time of its first row, until it returns false.
    func forEachFirstDue(after: String? = nil, _ visit: (String, Timestamp) -> Bool) throws {
        let first = try RawStatement(
            database,
            "SELECT account, due FROM ready WHERE channel = ? AND class = ? ORDER BY account, due LIMIT 1")
        let next = try RawStatement(
            database,
            """
            SELECT account, due FROM ready WHERE channel = ? AND class = ? AND account > ?
            ORDER BY account, due LIMIT 1
            """)
        var last = after
        while true {
            let statement = last == nil ? first : next
            statement.bind(1, channel)
            statement.bind(2, Int64(urgency.rawValue))
            if let last { statement.bind(3, last) }
            guard let (account, due) = try statement.first({ ($0.text(0), $0.timestamp(1)) }), visit(account, due)
            else { return }
            last = account
        }
    }
}

/// Takes due deliveries out of the ready index.
private struct ClaimWriter {
    private struct Row {
        let due: Timestamp
        let row: Int64
        let ordinal: Int64
        let attempt: Int
        let errand: Errand
    }

    private let session: WriteSession
    private let order: ClaimOrder
    private let owner: Int64
    private let claimedAt: Timestamp
    private let find: RawStatement
    private let insert: RawStatement
    private let delete: RawStatement
    private let content: RawStatement
    private(set) var claimed: [ClaimedDelivery] = []

    init(_ session: WriteSession, _ order: ClaimOrder, claimedAt: Timestamp) throws {
        self.session = session
        self.order = order
        self.claimedAt = claimedAt
        owner = try session.number(of: order.owner)
        // What is claimed still can't be taken twice, whatever the ready index says.
        find = try session.statement(
            """
            SELECT due, row, ordinal, attempt, errand FROM ready r
            WHERE channel = ? AND class = ? AND account = ? AND due <= ?
              AND NOT EXISTS (SELECT 1 FROM claims c WHERE c.row = r.row AND c.ordinal = r.ordinal)
            ORDER BY due, row, ordinal LIMIT ?
            """)
        insert = try session.statement(
            "INSERT INTO claims (row, ordinal, owner, attempt, errand, claimed_at) VALUES (?, ?, ?, ?, ?, ?)")
        delete = try session.statement(
            "DELETE FROM ready WHERE channel = ? AND class = ? AND account = ? AND due = ? AND row = ? AND ordinal = ?")
        content = try session.statement("SELECT id, expires_at, payload FROM notifications WHERE row = ?")
    }

    mutating func take(_ pick: ClaimOrder.Pick) throws {
        bindShare(pick.share, to: find)
        find.bind(4, order.now)
        find.bind(5, pick.count)
        var rows: [Row] = []
        try find.forEach {
            rows.append(
                Row(
                    due: $0.timestamp(0), row: $0.integer(1), ordinal: $0.integer(2), attempt: $0.int(3),
                    errand: Errand($0.integer(4))))
        }
        for row in rows { try take(row, pick.share) }
    }

    private mutating func take(_ row: Row, _ share: ReadyShare) throws {
        insert.bind(1, row.row)
        insert.bind(2, row.ordinal)
        insert.bind(3, owner)
        insert.bind(4, row.attempt)
        insert.bind(5, Int64(row.errand.rawValue))
        insert.bind(6, claimedAt)
        try insert.run()
        bindShare(share, to: delete)
        delete.bind(4, row.due)
        delete.bind(5, row.row)
        delete.bind(6, row.ordinal)
        try delete.run()
        content.bind(1, row.row)
        let delivery = try content.first { found in
            ClaimedDelivery(
                delivery: DeliveryID(
                    notification: try found.notificationID(0), ordinal: UInt16(truncatingIfNeeded: row.ordinal)),
                channel: order.channel, account: share.account, urgency: share.urgency, errand: row.errand,
                attempt: row.attempt, due: row.due, expiresAt: found.optionalTimestamp(1),
                payload: .init(bytes: found.blob(2)))
        }
        if let delivery { claimed.append(delivery) }
    }

    private func bindShare(_ share: ReadyShare, to statement: RawStatement) {
        statement.bind(1, order.channel)
        statement.bind(2, Int64(share.urgency.rawValue))
        statement.bind(3, share.account)
    }
}
