public import ChannelSDK
import GRDB
public import Pipeline

/// What is known and what waits are written by the same one writer, each in one transaction: a question comes either
/// after its answer, and finds it, or before, and then the answer finds the question.
extension SQLiteStore {
    public func correlate(_ questions: [CorrelationQuestion]) async throws(StoreError) -> [DeliveryID?] {
        guard !questions.isEmpty else { return [] }
        return try await write { session in
            try questions.map { question in
                let delivery = try session.delivery(for: question.key)
                if delivery == nil { try session.park(question) }
                return delivery
            }
        }
    }

    public func releasableReports(limit: Int) async throws(StoreError) -> [ParkedReport] {
        try await parked("p.row IS NOT NULL ORDER BY p.id LIMIT ?") { $0.bind(1, limit) }
    }

    public func expiredReports(before moment: Timestamp, limit: Int) async throws(StoreError) -> [ParkedReport] {
        try await parked("p.row IS NULL AND p.received_at < ? ORDER BY p.received_at, p.id LIMIT ?") {
            $0.bind(1, moment)
            $0.bind(2, limit)
        }
    }

    public func unpark(_ ids: [ParkedReport.ID]) async throws(StoreError) {
        guard !ids.isEmpty else { return }
        try await write { session in
            let delete = try session.statement("DELETE FROM parked WHERE id = ?")
            for id in ids {
                delete.bind(1, id)
                try delete.run()
            }
        }
    }

    private func parked(
        _ condition: String, _ bind: @escaping @Sendable (RawStatement) -> Void
    ) async throws(StoreError) -> [ParkedReport] {
        try await read { database in
            let statement = try RawStatement(database, "\(ParkedRow.select) WHERE \(condition)")
            bind(statement)
            var reports: [ParkedReport] = []
            try statement.forEach { reports.append(try ParkedRow.read($0)) }
            return reports
        }
    }
}

/// How a report that waits lies in its row.
private enum ParkedRow {
    static let select = """
        SELECT p.id, p.received_at, p.channel, p.key_channel, p.key_message, p.key_notification, p.ordinal, p.report, n.id
        FROM parked p LEFT JOIN notifications n ON n.row = p.row
        """

    static func read(_ row: RawStatement) throws -> ParkedReport {
        let key: CorrelationKey =
            row.isNull(5)
            ? .providerMessage(channel: row.text(3), id: row.text(4)) : .notification(try row.notificationID(5))
        let delivery =
            row.isNull(8)
            ? nil
            : DeliveryID(
                notification: try row.notificationID(8), ordinal: UInt16(truncatingIfNeeded: row.integer(6)))
        return ParkedReport(
            id: row.integer(0), key: key, delivery: delivery, channel: row.text(2), receivedAt: row.timestamp(1),
            report: row.blob(7))
    }
}

extension WriteSession {
    fileprivate func delivery(for key: CorrelationKey) throws -> DeliveryID? {
        let statement: RawStatement
        switch key {
        case .providerMessage(let channel, let id):
            statement = try self.statement(
                """
                SELECT n.id, c.ordinal FROM correlations c JOIN notifications n ON n.row = c.row
                WHERE c.channel = ? AND c.message_id = ?
                """)
            statement.bind(1, channel)
            statement.bind(2, id)
        case .notification(let id):
            statement = try self.statement(
                """
                SELECT n.id, d.ordinal FROM notifications n JOIN deliveries d ON d.row = n.row
                WHERE n.id = ? ORDER BY d.ordinal DESC LIMIT 1
                """)
            statement.bind(1, id)
        }
        return try statement.first {
            DeliveryID(notification: try $0.notificationID(0), ordinal: UInt16(truncatingIfNeeded: $0.integer(1)))
        }
    }

    fileprivate func park(_ question: CorrelationQuestion) throws {
        let insert = try statement(
            """
            INSERT INTO parked (part, position, place, received_at, channel, key_channel, key_message,
              key_notification, report)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (part, position, place) DO NOTHING
            """)
        insert.bind(1, question.source.partition)
        insert.bind(2, question.source.offset)
        insert.bind(3, question.index)
        insert.bind(4, question.receivedAt)
        insert.bind(5, question.channel)
        for index in Int32(6)...8 { insert.bindNull(index) }
        switch question.key {
        case .providerMessage(let channel, let id):
            insert.bind(6, channel)
            insert.bind(7, id)
        case .notification(let id): insert.bind(8, id)
        }
        try insert.run(9, blob: question.report)
    }

    /// Whether any report waits for a key of the kind that `column` holds. Normally none does, and nobody need look.
    func reportsWait(for column: String, index: String) throws -> Bool {
        let statement = try statement(
            "SELECT 1 FROM parked INDEXED BY \(index) WHERE \(column) IS NOT NULL AND row IS NULL LIMIT 1")
        return try statement.first { _ in true } ?? false
    }

    /// Notes the delivery of the reports that waited for `correlation`, and returns them, oldest first.
    func release(_ correlation: Application.Correlation, row: Int64) throws -> [ParkedReport] {
        let find = try statement(
            "\(ParkedRow.select) WHERE p.key_channel = ? AND p.key_message = ? AND p.row IS NULL ORDER BY p.id")
        find.bind(1, correlation.channel)
        find.bind(2, correlation.providerMessageID)
        return try release(find, to: correlation.delivery, row: row)
    }

    /// Notes the first delivery of `notification` for the reports that waited for it, and returns them, oldest first.
    func release(_ notification: NotificationID, row: Int64) throws -> [ParkedReport] {
        let find = try statement("\(ParkedRow.select) WHERE p.key_notification = ? AND p.row IS NULL ORDER BY p.id")
        find.bind(1, notification)
        return try release(find, to: DeliveryID(notification: notification, ordinal: 1), row: row)
    }

    private func release(_ find: RawStatement, to delivery: DeliveryID, row: Int64) throws -> [ParkedReport] {
        var released: [ParkedReport] = []
        try find.forEach { found in
            let report = try ParkedRow.read(found)
            released.append(
                ParkedReport(
                    id: report.id, key: report.key, delivery: delivery, channel: report.channel,
                    receivedAt: report.receivedAt, report: report.report))
        }
        guard !released.isEmpty else { return [] }
        let update = try statement("UPDATE parked SET row = ?, ordinal = ? WHERE id = ?")
        for report in released {
            update.bind(1, row)
            update.bind(2, Int64(delivery.ordinal))
            update.bind(3, report.id)
            try update.run()
        }
        return released
    }
}
