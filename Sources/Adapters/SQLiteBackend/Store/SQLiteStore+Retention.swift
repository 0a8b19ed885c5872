public import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func removeSettled(
        before moment: Timestamp, after cursor: RetentionCursor?, limit: Int
    ) async throws(StoreError) -> RetentionStep {
        try await write { session in
            let found = try NotificationRows.old(session, before: moment, after: cursor?.position ?? 0, limit: limit)
            let remover = try NotificationRemover(session, before: moment)
            let removable = try found.rows.filter { try remover.isRemovable($0) }
            if !removable.isEmpty { try session.keepNumbersTaken() }
            for row in removable { try remover.remove(row) }
            try session.count("removed", add: removable.count)
            return RetentionStep(removed: removable.count, next: found.next.map { RetentionCursor($0) })
        }
    }
}

/// The numbers of the notifications' rows: in the order of projection, without gaps, and never given twice, for the
/// applier knows deliveries by them.
enum NotificationRows {
    /// The highest that was ever given; 0: none was. The table alone doesn't tell once rows have been removed.
    static let last = """
        SELECT max(coalesce((SELECT max(row) FROM notifications), 0),
          coalesce((SELECT value FROM counts WHERE name = 'last_row'), 0))
        """

    /// The rows behind `cursor` up to the first that was accepted later than `moment`: those behind that one are
    /// younger still. `next` is nil when there are no more.
    fileprivate static func old(
        _ session: WriteSession, before moment: Timestamp, after cursor: Int64, limit: Int
    ) throws -> (rows: [Int64], next: Int64?) {
        let statement = try session.statement(
            "SELECT row, accepted_at < ?1 FROM notifications WHERE row > ?2 ORDER BY row LIMIT ?3")
        statement.bind(1, moment)
        statement.bind(2, cursor)
        statement.bind(3, limit)
        var rows: [Int64] = []
        var isYoung = false
        defer { statement.reset() }
        while try !isYoung && statement.step() {
            isYoung = statement.integer(1) == 0
            if !isYoung { rows.append(statement.integer(0)) }
        }
        return (rows, isYoung || rows.count < limit ? nil : rows.last)
    }
}

extension WriteSession {
    func lastNotificationRow() throws -> Int64 { try statement(NotificationRows.last).first { $0.integer(0) } ?? 0 }

    /// To come before rows are removed: the last may be one of them, and its number must not be given again.
    fileprivate func keepNumbersTaken() throws {
        let note = try statement(
            """
            INSERT INTO counts (name, value) VALUES ('last_row', (SELECT max(row) FROM notifications))
            ON CONFLICT DO UPDATE SET value = max(value, excluded.value)
            """)
        try note.run()
    }
}

/// Removes notifications with all that hangs on them.
private struct NotificationRemover {
    private let moment: Timestamp
    private let moving: RawStatement
    private let ready: RawStatement
    private let claimed: RawStatement
    private let released: RawStatement
    private let names: RawStatement
    private let removeCorrelation: RawStatement
    private let removals: [RawStatement]

    init(_ session: WriteSession, before moment: Timestamp) throws {
        self.moment = moment
        moving = try session.statement(
            "SELECT 1 FROM deliveries WHERE row = ?1 AND (settlement = 0 OR updated_at >= ?2) LIMIT 1")
        ready = try session.statement(
            """
            SELECT 1 FROM deliveries d JOIN notifications n ON n.row = d.row
            JOIN ready r ON r.channel = d.channel AND r.class = n.class AND r.account = n.account
              AND r.due = d.ready_due AND r.row = d.row AND r.ordinal = d.ordinal
            WHERE d.row = ? LIMIT 1
            """)
        claimed = try session.statement("SELECT 1 FROM claims WHERE row = ? LIMIT 1")
        // Normally none is there.
        released = try session.statement(
            "SELECT 1 FROM parked INDEXED BY parked_released WHERE row IS NOT NULL AND row = ? LIMIT 1")
        names = try session.statement(
            "SELECT channel, provider_message_id, parts, expected_parts FROM deliveries WHERE row = ?")
        removeCorrelation = try session.statement(
            "DELETE FROM correlations WHERE channel = ? AND message_id = ? AND row = ?")
        removals = try ["timeline", "deliveries", "notifications"].map {
            try session.statement("DELETE FROM \($0) WHERE row = ?")
        }
    }

    func isRemovable(_ row: Int64) throws -> Bool {
        moving.bind(2, moment)
        return try [moving, ready, claimed, released].allSatisfy { obstacle in
            obstacle.bind(1, row)
            return try obstacle.first { _ in true } == nil
        }
    }

    func remove(_ row: Int64) throws {
        for (channel, message) in try providerNames(row) {
            removeCorrelation.bind(1, channel)
            removeCorrelation.bind(2, message)
            removeCorrelation.bind(3, row)
            try removeCorrelation.run()
        }
        for removal in removals {
            removal.bind(1, row)
            try removal.run()
        }
    }

    /// What the provider called the row's deliveries and their parts: each may be the key of a correlation.
    private func providerNames(_ row: Int64) throws -> [(channel: String, message: String)] {
        var found: [(channel: String, message: String)] = []
        names.bind(1, row)
        try names.forEach { delivery in
            let channel = delivery.text(0)
            let parts = PackedTexts.unpack(delivery.blob(2)).enumerated().filter { $0.offset.isMultiple(of: 2) }
            let messages = Set(parts.map(\.element) + PackedTexts.unpack(delivery.blob(3)))
            found += messages.union(delivery.optionalText(1).map { [$0] } ?? []).map { (channel, $0) }
        }
        return found
    }
}
