import GRDB
public import Pipeline

extension SQLiteBackend {
    /// Pages of one step: a fraction of a millisecond's reading, after which others get their turn.
    private static let pagesPerStep: Int32 = 256

    /// Copies the file at `source` as it is at one moment into a new file, while a host may go on writing it. The host's
    /// commits wait for nothing: in WAL mode they don't heed readers. The write-ahead log is not begun anew until the copy
    /// is done, so it grows by what is written meanwhile.
    /// - Parameter progress: pages done, of how many.
    public static func copy(
        from source: String, to target: String, progress: (_ done: Int, _ total: Int) -> Void
    ) throws(SQLiteBackendError) -> StoreSummary {
        do {
            var settings = GRDB.Configuration()
            settings.readonly = true
            settings.label = "switchboard.backup"
            settings.busyMode = .timeout(10)
            let original = try DatabaseQueue(path: source, configuration: settings)
            var plain = GRDB.Configuration()
            plain.label = "switchboard.copy"
            let copy = try DatabaseQueue(path: target, configuration: plain)
            // One transaction around all steps holds the moment; without it a write by the host would begin the copy anew.
            try original.read { original in
                _ = try Int.fetchOne(original, sql: "SELECT count(*) FROM sqlite_schema")
                try copy.writeWithoutTransaction { copy in
                    // What a crash leaves behind is thrown away whole.
                    try copy.execute(sql: "PRAGMA synchronous = OFF")
                    try withoutActuallyEscaping(progress) { progress in
                        try original.backup(to: copy, pagesPerStep: pagesPerStep) {
                            progress($0.completedPageCount, $0.totalPageCount)
                        }
                    }
                }
            }
            try original.close()
            let summary = try copy.writeWithoutTransaction { copy in
                // One file, which needs no other beside it.
                try copy.execute(sql: "PRAGMA journal_mode = DELETE")
                let verdict = try String.fetchAll(copy, sql: "PRAGMA quick_check(3)")
                guard verdict == ["ok"] else {
                    throw SQLiteBackendError.cannotOpen(
                        path: source, reason: "the database is damaged: \(verdict.joined(separator: "; "))")
                }
                return try Self.summary(copy)
            }
            try copy.close()
            return summary
        } catch let error as SQLiteBackendError {
            throw error
        } catch {
            throw .cannotOpen(path: source, reason: "\(error)")
        }
    }

    /// What the file at `path` holds; it is not changed, and a host may be working on it.
    public static func summary(path: String) throws(SQLiteBackendError) -> StoreSummary {
        do {
            var settings = GRDB.Configuration()
            settings.readonly = true
            settings.busyMode = .timeout(10)
            let queue = try DatabaseQueue(path: path, configuration: settings)
            defer { try? queue.close() }
            return try queue.read { try Self.summary($0) }
        } catch {
            throw .cannotOpen(path: path, reason: "\(error)")
        }
    }

    static func summary(_ database: Database) throws -> StoreSummary {
        // The order in which they were applied.
        let schema = try String.fetchAll(database, sql: "SELECT identifier FROM grdb_migrations ORDER BY rowid")
        let names = try String.fetchAll(
            database,
            sql: """
                SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'
                AND name <> 'grdb_migrations' ORDER BY name
                """)
        var tables: [String: Int] = [:]
        for name in names {
            tables[name] = try Int.fetchOne(database, sql: "SELECT count(*) FROM \(name.quotedDatabaseIdentifier)")
        }
        var positions: [String: [String: Int64]] = [:]
        for row in try Row.fetchAll(database, sql: "SELECT stage, part, next_offset FROM stage_progress") {
            positions[row[0], default: [:]]["\(row[1] as Int64)"] = row[2]
        }
        return StoreSummary(
            schema: schema, tables: tables,
            newestMilliseconds: try Int64.fetchOne(database, sql: "SELECT max(accepted_at) FROM notifications"),
            positions: positions)
    }
}
