public import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func load(_ ids: [NotificationID]) async throws(StoreError) -> [NotificationState] {
        try await read { database in
            let loader = try StateLoader(database)
            return try ids.compactMap { try loader.state(of: $0)?.state }
        }
    }

    public func apply(_ application: Application) async throws(StoreError) -> [ParkedReport] {
        let bytes = (application.updates.count + application.timeline.count) * 256
        return try await write(bytes: bytes) { session in
            try session.pass(application.fence, to: application.nextOffset)
            return try ApplicationWriter(session: session, application: application).write()
        }
    }

    public func changes(
        of ids: [NotificationID], partition: Int, offsets: Range<Int64>
    ) async throws(StoreError) -> [(notification: NotificationState, entry: TimelineEntry)] {
        let found = try await read { database in
            let loader = try StateLoader(database)
            let statement = try RawStatement(
                database,
                """
                SELECT \(TimelineRow.columns) FROM timeline
                WHERE row = ? AND part = ? AND position >= ? AND position < ? AND sequence IS NOT NULL
                """)
            var found: [(notification: NotificationState, entry: TimelineEntry)] = []
            for id in ids {
                guard let state = try loader.state(of: id)?.state else { continue }
                statement.bind(1, state.row)
                statement.bind(2, partition)
                statement.bind(3, offsets.lowerBound)
                statement.bind(4, offsets.upperBound)
                try statement.forEach {
                    found.append((state, TimelineRow.read($0, notification: id, number: state.row)))
                }
            }
            return found
        }
        return found.sorted { left, right in
            (left.entry.source, left.entry.change?.sequence ?? 0)
                < (right.entry.source, right.entry.change?.sequence ?? 0)
        }
    }

    public func dueSettlements(at now: Timestamp, limit: Int) async throws(StoreError) -> [DeliveryID] {
        try await read { database in
            let statement = try RawStatement(
                database,
                """
                SELECT n.id, d.ordinal FROM deliveries d INDEXED BY deliveries_settling
                JOIN notifications n ON n.row = d.row
                WHERE d.settle_at <= ? AND d.settlement = 0 ORDER BY d.settle_at LIMIT ?
                """)
            statement.bind(1, now)
            statement.bind(2, limit)
            var due: [DeliveryID] = []
            try statement.forEach {
                due.append(
                    DeliveryID(
                        notification: try $0.notificationID(0), ordinal: UInt16(truncatingIfNeeded: $0.integer(1))))
            }
            return due
        }
    }
}

/// Writes what a batch of records did.
private struct ApplicationWriter {
    let session: WriteSession
    let application: Application

    func write() throws -> [ParkedReport] {
        try writeDeliveries()
        try writeTimeline()
        try endClaims()
        for withdrawal in application.withdrawals {
            try session.removeReady(row: withdrawal.row, ordinal: withdrawal.delivery.ordinal)
        }
        try writeReady()
        return try writeCorrelations()
    }

    private func writeDeliveries() throws {
        let insert = try session.statement(DeliveryRow.insert)
        let update = try session.statement(DeliveryRow.update)
        var opened = 0
        // In the order of the table: neighbours share pages.
        for change in application.updates.sorted(by: { $0.row < $1.row }) {
            opened += (change.delivery.settlement == .open ? 1 : 0) - (change.before?.isOpen == true ? 1 : 0)
            let statement = change.isNew ? insert : update
            DeliveryRow.bind(change.delivery, row: change.row, to: statement)
            if change.isNew { DeliveryRow.bindOrigin(change.delivery, to: statement) }
            try statement.run()
            // None: it was removed while the applier had it at hand.
            guard session.changes == 1 else { throw SQLiteFailure.fenced }
        }
        try session.count("open", add: opened)
    }

    private func writeTimeline() throws {
        let insert = try session.statement(TimelineRow.insert)
        let insertEvent = try session.statement(TimelineRow.insertEvent)
        var place = 0
        var last: LogPosition?
        for entry in application.timeline {
            place = entry.source == last ? place + 1 : 0
            last = entry.source
            let statement = entry.eventID == nil ? insert : insertEvent
            TimelineRow.bind(entry, place: place, to: statement)
            try statement.run()
        }
    }

    private func endClaims() throws {
        guard !application.endedClaims.isEmpty else { return }
        let delete = try session.statement("DELETE FROM claims WHERE row = ? AND ordinal = ? AND attempt = ?")
        for claim in application.endedClaims {
            delete.bind(1, claim.row)
            delete.bind(2, Int64(claim.delivery.ordinal))
            delete.bind(3, claim.attempt)
            try delete.run()
        }
    }

    private func writeReady() throws {
        guard !application.ready.isEmpty else { return }
        let insert = try session.statement(
            """
            INSERT INTO ready (channel, class, account, due, row, ordinal, attempt, errand)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """)
        let note = try session.statement("UPDATE deliveries SET ready_due = ? WHERE row = ? AND ordinal = ?")
        for ready in application.ready {
            try session.removeReady(row: ready.row, ordinal: ready.delivery.ordinal)
            insert.bind(1, ready.channel)
            insert.bind(2, Int64(ready.urgency.rawValue))
            insert.bind(3, ready.account)
            insert.bind(4, ready.due)
            insert.bind(5, ready.row)
            insert.bind(6, Int64(ready.delivery.ordinal))
            insert.bind(7, ready.attempt)
            insert.bind(8, Int64(ready.errand.rawValue))
            try insert.run()
            note.bind(1, ready.due)
            note.bind(2, ready.row)
            note.bind(3, Int64(ready.delivery.ordinal))
            try note.run()
        }
    }

    private func writeCorrelations() throws -> [ParkedReport] {
        guard !application.correlations.isEmpty else { return [] }
        var rows: [DeliveryID: Int64] = [:]
        for update in application.updates { rows[update.delivery.id] = update.row }
        let insert = try session.statement(
            """
            INSERT INTO correlations (channel, message_id, row, ordinal) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET row = excluded.row, ordinal = excluded.ordinal
            """)
        let somebodyWaits = try session.reportsWait(for: "key_message", index: "parked_by_message")
        var released: [ParkedReport] = []
        for correlation in application.correlations {
            let known = try rows[correlation.delivery] ?? session.row(of: correlation.delivery.notification)
            guard let row = known else { continue }
            insert.bind(1, correlation.channel)
            insert.bind(2, correlation.providerMessageID)
            insert.bind(3, row)
            insert.bind(4, Int64(correlation.delivery.ordinal))
            try insert.run()
            if somebodyWaits { released += try session.release(correlation, row: row) }
        }
        return released
    }
}

extension WriteSession {
    /// The number of the notification's row.
    func row(of id: NotificationID) throws -> Int64? {
        let statement = try statement("SELECT row FROM notifications WHERE id = ?")
        statement.bind(1, id)
        return try statement.first { $0.integer(0) }
    }

    /// Removes the delivery's row from the ready index, if it is there.
    func removeReady(row: Int64, ordinal: UInt16) throws {
        let find = try statement(
            """
            SELECT d.channel, n.class, n.account, d.ready_due FROM deliveries d JOIN notifications n ON n.row = d.row
            WHERE d.row = ? AND d.ordinal = ? AND d.ready_due IS NOT NULL
            """)
        find.bind(1, row)
        find.bind(2, Int64(ordinal))
        let delete = try statement(
            "DELETE FROM ready WHERE channel = ? AND class = ? AND account = ? AND due = ? AND row = ? AND ordinal = ?")
        let isThere: Void? = try find.first { found in
            delete.bind(1, found.text(0))
            delete.bind(2, found.integer(1))
            delete.bind(3, found.text(2))
            delete.bind(4, found.integer(3))
            delete.bind(5, row)
            delete.bind(6, Int64(ordinal))
        }
        if isThere != nil { try delete.run() }
    }
}
