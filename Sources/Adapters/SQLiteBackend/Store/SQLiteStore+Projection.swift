import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func project(_ projection: Projection) async throws(StoreError) -> ProjectionReceipt {
        let bytes = projection.rows.reduce(0) { $0 + $1.notification.payload.bytes.count + 256 }
        let now = clock.now()
        return try await write(bytes: bytes) { session in
            try session.pass(projection.fence, to: projection.nextOffset)
            var writer = try ProjectionWriter(session, projection, now: now)
            return try writer.write()
        }
    }
}

/// Writes the rows of one projection.
private struct ProjectionWriter {
    private let session: WriteSession
    private let projection: Projection
    private let now: Timestamp
    private let insertNotification: RawStatement
    private let insertDelivery: RawStatement
    private let insertReady: RawStatement
    private let insertClaim: RawStatement
    private let owner: Int64
    private var nextRow: Int64
    /// Most notifications of a batch have the same steps.
    private var lastSteps: (texts: [String], packed: [UInt8]) = ([], [])

    init(_ session: WriteSession, _ projection: Projection, now: Timestamp) throws {
        self.session = session
        self.projection = projection
        self.now = now
        insertNotification = try session.statement(
            """
            INSERT INTO notifications (id, account, external_id, class, steps, accepted_at, expires_at, payload, row)
            VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?9, ?8) ON CONFLICT (id) DO NOTHING
            """)
        insertDelivery = try session.statement(
            """
            INSERT INTO deliveries (row, ordinal, channel, step, graph_version, created_at, status, settlement,
              updated_at, sequence, attempts, failures, ready_due, waiting, waiting_until)
            VALUES (?1, 1, ?2, 0, ?3, ?4, ?5, 0, ?4, 0, 0, 0, ?6, ?7, ?8)
            """)
        insertReady = try session.statement(
            """
            INSERT INTO ready (channel, class, account, due, row, ordinal, attempt, errand)
            VALUES (?, ?, ?, ?, ?, 1, 1, 0)
            """)
        insertClaim = try session.statement(
            "INSERT INTO claims (row, ordinal, owner, attempt, errand, claimed_at) VALUES (?, 1, ?, 1, 0, ?)")
        nextRow = try session.lastNotificationRow() + 1
        owner = projection.rows.contains(where: \.isClaimed) ? try session.number(of: projection.owner) : 0
    }

    mutating func write() throws -> ProjectionReceipt {
        var outcomes: [ProjectionReceipt.Outcome] = []
        outcomes.reserveCapacity(projection.rows.count)
        var released: [ParkedReport] = []
        let somebodyWaits = try session.reportsWait(for: "key_notification", index: "parked_by_notification")
        for row in projection.rows {
            guard let number = try insert(row.notification) else {
                outcomes.append(try compare(row.notification))
                continue
            }
            try insertFirstDelivery(row, number)
            outcomes.append(.inserted)
            if somebodyWaits { released += try release(row.notification, number) }
        }
        try session.count("open", add: outcomes.count { $0 == .inserted })
        return ProjectionReceipt(outcomes: outcomes, released: released)
    }

    private func release(_ notification: AcceptedNotification, _ number: Int64) throws -> [ParkedReport] {
        let released = try session.release(notification.id, row: number)
        if released.contains(where: { $0.cancels(notificationOf: notification.account) }) {
            try session.hold(row: number, ordinal: 1, at: now)
        }
        return released
    }

    /// The number of the new row; nil when the id is there already.
    private mutating func insert(_ notification: AcceptedNotification) throws -> Int64? {
        if notification.steps != lastSteps.texts {
            lastSteps = (notification.steps, PackedTexts.pack(notification.steps))
        }
        insertNotification.bind(1, notification.id)
        insertNotification.bind(2, notification.account)
        insertNotification.bind(3, notification.externalID)
        insertNotification.bind(4, Int64(notification.urgency.rawValue))
        insertNotification.bind(5, blob: lastSteps.packed)
        insertNotification.bind(6, notification.acceptedAt)
        insertNotification.bind(7, notification.expiresAt)
        insertNotification.bind(8, nextRow)
        try insertNotification.run(9, blob: notification.payload.bytes)
        guard session.changes == 1 else { return nil }
        defer { nextRow += 1 }
        return nextRow
    }

    private func insertFirstDelivery(_ row: Projection.Row, _ number: Int64) throws {
        let notification = row.notification
        let channel = notification.steps.first ?? ""
        let due = notification.notBefore ?? notification.acceptedAt
        insertDelivery.bind(1, number)
        insertDelivery.bind(2, channel)
        insertDelivery.bind(3, row.graphVersion)
        insertDelivery.bind(4, notification.acceptedAt)
        insertDelivery.bind(5, StatusName.accepted.rawValue)
        insertDelivery.bind(6, row.isClaimed ? nil : due)
        let waiting = notification.waiting
        insertDelivery.bind(7, waiting?.reason.rawValue)
        insertDelivery.bind(8, waiting?.until)
        try insertDelivery.run()
        if row.isClaimed {
            insertClaim.bind(1, number)
            insertClaim.bind(2, owner)
            insertClaim.bind(3, now)
            try insertClaim.run()
        } else {
            insertReady.bind(1, channel)
            insertReady.bind(2, Int64(notification.urgency.rawValue))
            insertReady.bind(3, notification.account)
            insertReady.bind(4, due)
            insertReady.bind(5, number)
            try insertReady.run()
        }
    }

    private func compare(_ notification: AcceptedNotification) throws -> ProjectionReceipt.Outcome {
        let stored = try session.statement("SELECT payload, steps, class FROM notifications WHERE id = ?")
        stored.bind(1, notification.id)
        let isSame = try stored.first {
            ($0.blob(0, equals: notification.payload.bytes)
                || AcceptedNotification.Payload(bytes: $0.blob(0)) == notification.payload)
                && $0.blob(1, equals: PackedTexts.pack(notification.steps))
                && $0.integer(2) == Int64(notification.urgency.rawValue)
        }
        return isSame == true ? .repeated : .conflict
    }
}
