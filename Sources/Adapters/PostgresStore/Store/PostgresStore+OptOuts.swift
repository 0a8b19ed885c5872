import ChannelSDK
public import Pipeline

extension PostgresStore {
    public func note(_ changes: [OptOutChange]) async throws(StoreError) {
        guard !changes.contains(where: { $0.message != nil }) else { return try await noteMessages(changes) }
        let standing = OptOutChange.standing(among: changes)
        guard !standing.isEmpty else { return }
        let note = OptOutStatements.note {
            $0.add(standing) { $0.key.list }
            $0.add(standing) { $0.key.address }
            $0.add(standing) { $0.isOptedOut ? 1 : 0 as Int64 }
            $0.add(standing) { $0.at.milliseconds }
            $0.add(standing) { $0.source.rawValue }
        }
        try await perform([note])
    }

    /// Some of the words count from the moment when their message first came: the database finds those that hold.
    private func noteMessages(_ changes: [OptOutChange]) async throws(StoreError) {
        let said = changes.filter { $0.message != nil }
        let keep = OptOutStatements.keepMessages {
            $0.add(said) { $0.key.list }
            $0.add(said) { $0.key.address }
            $0.add(said) { $0.message }
            $0.add(said) { $0.at.milliseconds }
        }
        let note = OptOutStatements.noteSinceMessages {
            $0.add(changes) { $0.key.list }
            $0.add(changes) { $0.key.address }
            $0.add(changes) { $0.isOptedOut ? 1 : 0 as Int64 }
            $0.add(changes) { $0.at.milliseconds }
            $0.add(changes) { $0.source.rawValue }
            $0.add(changes) { $0.message }
        }
        try await perform([keep, note])
    }

    /// Never: another replica may have heard of somebody a moment ago.
    public var knowsNoOptOuts: Bool { false }

    public func optOuts(among keys: [OptOutKey]) async throws(StoreError) -> [OptOutKey: OptOutChange] {
        guard !keys.isEmpty else { return [:] }
        let find = OptOutStatements.find {
            $0.add(keys) { $0.list }
            $0.add(keys) { $0.address }
        }
        return try await perform([find]) { answers in
            answers[0].indices.reduce(into: [:]) { found, row in
                let change = OptOutStatements.read(answers[0], row)
                found[change.key] = change
            }
        }
    }

    public func optOuts(
        of list: String?, after last: OptOutKey?, limit: Int
    ) async throws(StoreError) -> [OptOutChange] {
        let page = OptOutStatements.page {
            $0.add(last?.list ?? list ?? "")
            $0.add(last?.address ?? "")
            $0.add(list)
            $0.add(limit)
        }
        return try await perform([page]) { answers in answers[0].indices.map { OptOutStatements.read(answers[0], $0) } }
    }
}

private enum OptOutStatements {
    private static let columns = "o.list, o.address, o.opted_out, o.said_at, o.source"

    static func read(_ rows: Rows, _ row: Int) -> OptOutChange {
        OptOutChange(
            key: OptOutKey(list: rows.text(row, 0), address: rows.text(row, 1)), isOptedOut: rows.integer(row, 2) == 1,
            at: rows.timestamp(row, 3), source: .init(rawValue: rows.text(row, 4)))
    }

    private static let unlessOutweighed = """
        ON CONFLICT (list, address) DO UPDATE
        SET opted_out = excluded.opted_out, said_at = excluded.said_at, source = excluded.source
        WHERE (excluded.said_at, excluded.opted_out, excluded.source) > (o.said_at, o.opted_out, o.source)
        """

    static let note = Statement(
        "note_opt_outs",
        """
        INSERT INTO opt_outs AS o (list, address, opted_out, said_at, source)
        SELECT * FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[])
        \(unlessOutweighed)
        """)

    static let keepMessages = Statement(
        "keep_opt_out_messages",
        """
        INSERT INTO opt_out_messages AS m (list, address, message, said_at)
        SELECT u.list, u.address, u.message, min(u.said_at)
        FROM unnest($1::text[], $2::text[], $3::text[], $4::int8[]) AS u (list, address, message, said_at)
        GROUP BY u.list, u.address, u.message ORDER BY u.list, u.address, u.message
        ON CONFLICT (list, address, message) DO UPDATE SET said_at = excluded.said_at
        WHERE excluded.said_at < m.said_at
        """)

    /// After ``keepMessages``, in its transaction. Of the words about one key the one that holds, in the keys' order.
    static let noteSinceMessages = Statement(
        "note_opt_outs_since_messages",
        """
        INSERT INTO opt_outs AS o (list, address, opted_out, said_at, source)
        SELECT DISTINCT ON (s.list COLLATE "C", s.address COLLATE "C") s.list, s.address, s.opted_out, s.said_at, s.source
        FROM (
          SELECT u.list, u.address, u.opted_out, coalesce(m.said_at, u.said_at) AS said_at, u.source
          FROM unnest($1::text[], $2::text[], $3::int8[], $4::int8[], $5::text[], $6::text[])
            AS u (list, address, opted_out, said_at, source, message)
          LEFT JOIN opt_out_messages m ON m.list = u.list AND m.address = u.address AND m.message = u.message
        ) AS s
        ORDER BY s.list COLLATE "C", s.address COLLATE "C", s.said_at DESC, s.opted_out DESC, s.source COLLATE "C" DESC
        \(unlessOutweighed)
        """)

    static let find = Statement(
        "find_opt_outs",
        """
        SELECT \(columns) FROM unnest($1::text[], $2::text[]) AS u (list, address)
        JOIN opt_outs o ON o.list = u.list AND o.address = u.address WHERE o.opted_out = 1
        """)

    static let page = Statement(
        "page_opt_outs",
        """
        SELECT \(columns) FROM opt_outs o
        WHERE o.opted_out = 1 AND (o.list, o.address) > ($1::text, $2::text) AND ($3::text IS NULL OR o.list = $3::text)
        ORDER BY o.list, o.address LIMIT $4::int8
        """)
}
