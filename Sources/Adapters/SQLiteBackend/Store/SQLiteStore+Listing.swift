import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func list(_ query: ListingQuery) async throws(StoreError) -> ListingPage {
        try await read { database in
            let (keys, isFull) = try ListingScan.keys(query, database)
            let filter = try ListingFilter(query, database)
            let loader = try StateLoader(database, withPayload: true)
            var items: [ListingPage.Item] = []
            for key in keys where try filter.fits(key.place.row) {
                guard let found = try loader.state(of: key.id) else { continue }
                items.append(.init(state: found.state, acceptedAt: found.acceptedAt, payload: found.payload))
                if items.count == query.limit { return ListingPage(items: items, next: key.place) }
            }
            return ListingPage(items: items, next: isFull ? keys.last?.place : nil)
        }
    }
}

/// The part of an account's list that one query looks at.
private enum ListingScan {
    typealias Key = (id: NotificationID, place: ListingPlace)

    static func keys(_ query: ListingQuery, _ database: Database) throws -> ([Key], isFull: Bool) {
        let statement = try RawStatement(
            database,
            """
            SELECT id, accepted_at, row FROM notifications INDEXED BY notifications_listed
            WHERE account = ? AND accepted_at >= ? AND accepted_at <= ? AND (accepted_at, row) < (?, ?)
            ORDER BY accepted_at DESC, row DESC LIMIT ?
            """)
        let end = query.end
        statement.bind(1, query.account)
        statement.bind(2, query.from?.milliseconds ?? .min)
        statement.bind(3, end.acceptedAt)
        statement.bind(4, end.acceptedAt)
        statement.bind(5, end.row)
        statement.bind(6, query.scanLimit)
        var keys: [Key] = []
        try statement.forEach { row in
            keys.append(
                (try row.notificationID(0), ListingPlace(acceptedAt: row.timestamp(1), row: row.integer(2))))
        }
        return (keys, keys.count == query.scanLimit)
    }
}

/// What a notification must have to be worth loading.
private struct ListingFilter {
    private let query: ListingQuery
    private let deliveries: RawStatement
    private let payload: RawStatement

    init(_ query: ListingQuery, _ database: Database) throws {
        self.query = query
        deliveries = try RawStatement(database, "SELECT status, settlement, channel FROM deliveries WHERE row = ?")
        payload = try RawStatement(database, "SELECT instr(payload, ?) > 0 FROM notifications WHERE row = ?")
    }

    func fits(_ row: Int64) throws -> Bool {
        guard try deliveriesFit(row) else { return false }
        return try query.texts.allSatisfy { text in
            payload.bind(1, blob: Array(text.utf8))
            payload.bind(2, row)
            return try payload.first { $0.integer(0) == 1 } ?? false
        }
    }

    private func deliveriesFit(_ row: Int64) throws -> Bool {
        deliveries.bind(1, row)
        var (hasState, hasChannel) = (false, false)
        try deliveries.forEach { found in
            let (status, settlement) = (StatusName(found.text(0)), Settlement(stored: found.integer(1)))
            let isStatus = query.statuses.isEmpty || query.statuses.contains(status)
            let isSettlement = query.settlements.isEmpty || query.settlements.contains(settlement)
            hasState = hasState || isStatus && isSettlement
            let channel = found.text(2)
            let isChannel = query.channel.map { $0 == channel } ?? !CallbackChannel.isName(channel)
            hasChannel = hasChannel || isChannel
        }
        return hasState && hasChannel
    }
}
