import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func list(_ query: ListingQuery) async throws(StoreError) -> ListingPage {
        let items = ListingStatements.items { parameters in
            Self.fill(&parameters, query)
            parameters.add(query.limit)
            parameters.add(query.statuses) { $0.rawValue }
            parameters.add(query.settlements) { $0.stored }
            parameters.add(query.channel)
            parameters.add(query.texts) { Array($0.utf8) }
        }
        return try await read([items, ListingStatements.last { Self.fill(&$0, query) }]) { answers in
            let (rows, last) = (answers[0], answers[1])
            var contents: [NotificationID: Int] = [:]
            for row in rows.indices { contents[rows.notificationID(row, 0)] = row }
            let items = StateRows.read(rows).compactMap { state in
                contents[state.id].map { row in
                    ListingPage.Item(
                        state: state, acceptedAt: rows.timestamp(row, 28), payload: .init(bytes: rows.blob(row, 29)))
                }
            }
            if items.count == query.limit { return ListingPage(items: items, next: items.last?.place) }
            let isFull = last.count == 1
            return ListingPage(
                items: items,
                next: isFull ? ListingPlace(acceptedAt: last.timestamp(0, 0), row: last.integer(0, 1)) : nil)
        }
    }

    private static func fill(_ parameters: inout Parameters, _ query: ListingQuery) {
        parameters.add(query.account)
        parameters.add(query.from?.milliseconds ?? .min)
        parameters.add(query.end.acceptedAt)
        parameters.add(query.end.row)
        parameters.add(query.scanLimit)
    }
}

private enum ListingStatements {
    private static let scanned = """
        SELECT number, accepted_at FROM notifications
        WHERE account = $1::text AND accepted_at >= $2::int8 AND (accepted_at, number) < ($3::int8, $4::int8)
        ORDER BY accepted_at DESC, number DESC
        """

    /// The order is said again at the end: that of an inner query does not count.
    static let items = Statement(
        "list_notifications",
        """
        WITH scanned AS MATERIALIZED (\(scanned) LIMIT $5::int8), found AS MATERIALIZED (
          SELECT s.number, s.accepted_at FROM scanned s
          WHERE (cardinality($7::text[]) = 0 AND cardinality($8::int8[]) = 0 OR EXISTS (
              SELECT FROM deliveries d WHERE d.number = s.number
                AND (cardinality($7::text[]) = 0 OR d.status = ANY ($7::text[]))
                AND (cardinality($8::int8[]) = 0 OR d.settlement = ANY ($8::int8[]))))
            AND EXISTS (
              SELECT FROM deliveries d WHERE d.number = s.number
                AND (d.channel = $9::text
                  OR $9::text IS NULL AND NOT starts_with(d.channel, '\(CallbackChannel.prefix)')))
            AND (cardinality($10::bytea[]) = 0 OR NOT EXISTS (
              SELECT FROM notifications n CROSS JOIN unnest($10::bytea[]) AS t (text)
              WHERE n.number = s.number AND position(t.text IN n.payload) = 0))
          ORDER BY s.accepted_at DESC, s.number DESC LIMIT $6::int8
        )
        SELECT n.id, n.number, n.account, n.external_id, n.class, n.steps, \(DeliveryRow.columns),
          n.accepted_at, n.payload
        FROM found f JOIN notifications n ON n.number = f.number JOIN deliveries d ON d.number = f.number
        ORDER BY f.accepted_at DESC, f.number DESC, d.ordinal
        """)

    /// The last that ``items`` looks at, if it looks at as many as it may.
    static let last = Statement(
        "list_end", "SELECT accepted_at, number FROM (\(scanned) OFFSET $5::int8 - 1 LIMIT 1) AS end_of_scan")
}
