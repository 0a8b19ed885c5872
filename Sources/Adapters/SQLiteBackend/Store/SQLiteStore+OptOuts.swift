import ChannelSDK
import GRDB
public import Pipeline

extension SQLiteStore {
    public func note(_ changes: [OptOutChange]) async throws(StoreError) {
        guard !changes.isEmpty else { return }
        if changes.contains(where: \.isOptedOut) { optOutMemo.noteSomebody() }
        try await write { session in
            let note = try session.statement(
                """
                INSERT INTO opt_outs (list, address, opted_out, said_at, source) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT (list, address) DO UPDATE
                SET opted_out = excluded.opted_out, said_at = excluded.said_at, source = excluded.source
                WHERE (excluded.said_at, excluded.opted_out, excluded.source) > (said_at, opted_out, source)
                """)
            for change in OptOutChange.standing(among: try session.sinceTheyFirstCame(changes)) {
                note.bind(1, change.key.list)
                note.bind(2, change.key.address)
                note.bind(3, change.isOptedOut ? 1 : 0)
                note.bind(4, change.at)
                note.bind(5, change.source.rawValue)
                try note.run()
            }
        }
    }

    public var knowsNoOptOuts: Bool { optOutMemo.knowsNobody }

    public func optOuts(among keys: [OptOutKey]) async throws(StoreError) -> [OptOutKey: OptOutChange] {
        guard !keys.isEmpty, !optOutMemo.knowsNobody else { return [:] }
        let memo = optOutMemo
        return try await read { database in
            guard
                try RawStatement(database, "SELECT 1 FROM opt_outs WHERE opted_out = 1 LIMIT 1").first({ _ in true })
                    != nil
            else {
                memo.foundNobody()
                return [:]
            }
            let find = try RawStatement(
                database,
                "SELECT \(OptOutRow.columns) FROM opt_outs WHERE list = ? AND address = ? AND opted_out = 1")
            var found: [OptOutKey: OptOutChange] = [:]
            for key in keys {
                find.bind(1, key.list)
                find.bind(2, key.address)
                found[key] = try find.first(OptOutRow.read)
            }
            return found
        }
    }

    public func optOuts(
        of list: String?, after last: OptOutKey?, limit: Int
    ) async throws(StoreError) -> [OptOutChange] {
        try await read { database in
            let page = try RawStatement(
                database,
                """
                SELECT \(OptOutRow.columns) FROM opt_outs INDEXED BY opt_outs_standing
                WHERE opted_out = 1 AND (list, address) > (?, ?) AND (?3 IS NULL OR list = ?3)
                ORDER BY list, address LIMIT ?4
                """)
            page.bind(1, last?.list ?? list ?? "")
            page.bind(2, last?.address ?? "")
            page.bind(3, list)
            page.bind(4, limit)
            var found: [OptOutChange] = []
            try page.forEach { found.append(OptOutRow.read($0)) }
            return found
        }
    }
}

extension WriteSession {
    /// The words that messages say, as of the moment when each message first came.
    fileprivate func sinceTheyFirstCame(_ changes: [OptOutChange]) throws -> [OptOutChange] {
        guard changes.contains(where: { $0.message != nil }) else { return changes }
        let keep = try statement(
            """
            INSERT INTO opt_out_messages (list, address, message, said_at) VALUES (?, ?, ?, ?)
            ON CONFLICT DO UPDATE SET said_at = min(said_at, excluded.said_at)
            """)
        let find = try statement("SELECT said_at FROM opt_out_messages WHERE list = ? AND address = ? AND message = ?")
        for change in changes where change.message != nil {
            keep.bind(1, change.key.list)
            keep.bind(2, change.key.address)
            keep.bind(3, change.message)
            keep.bind(4, change.at)
            try keep.run()
        }
        // Only now: a message can be there twice, the later one first.
        return try changes.map { change in
            guard change.message != nil else { return change }
            find.bind(1, change.key.list)
            find.bind(2, change.key.address)
            find.bind(3, change.message)
            return change.said(at: try find.first { $0.timestamp(0) } ?? change.at)
        }
    }
}

/// How a word lies in its row.
private enum OptOutRow {
    static let columns = "list, address, opted_out, said_at, source"

    static func read(_ row: RawStatement) -> OptOutChange {
        OptOutChange(
            key: OptOutKey(list: row.text(0), address: row.text(1)), isOptedOut: row.integer(2) == 1,
            at: row.timestamp(3), source: .init(rawValue: row.text(4)))
    }
}
