import GRDB

/// Opens the file's connections.
enum Connections {
    /// One writer and several readers.
    /// - Parameter migrates: brings the tables up to date, which is for the one who has the file's lock.
    static func pool(
        _ configuration: SQLiteBackend.Configuration, migrates: Bool = true
    ) throws -> DatabasePool {
        // Before SQLite works, which begins with the first connection.
        _ = PageCache.isInstalled
        let pool = try DatabasePool(path: configuration.path, configuration: settings(configuration))
        // GRDB chooses NORMAL for a pool when it turns the write-ahead log on; so this comes after.
        let mode = configuration.isSynced ? "FULL" : "OFF"
        let stored = try pool.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = \(mode); PRAGMA wal_autocheckpoint = 0")
            return try Int.fetchOne(database, sql: "PRAGMA synchronous")
        }
        guard stored == (configuration.isSynced ? 2 : 0) else {
            throw DatabaseError(message: "SQLite does not let synchronous be \(mode)")
        }
        if migrates { try Schema.migrator.migrate(pool) }
        return pool
    }

    /// A connection that only copies the write-ahead log into the file.
    static func checkpoints(_ configuration: SQLiteBackend.Configuration) throws -> DatabaseQueue {
        var settings = settings(configuration)
        settings.label = "switchboard.checkpoint"
        let queue = try DatabaseQueue(path: configuration.path, configuration: settings)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA synchronous = \(configuration.isSynced ? "FULL" : "OFF")")
            try database.execute(sql: "PRAGMA wal_autocheckpoint = 0")
        }
        return queue
    }

    private static func settings(_ configuration: SQLiteBackend.Configuration) -> GRDB.Configuration {
        var settings = GRDB.Configuration()
        settings.label = "switchboard.sqlite"
        settings.foreignKeysEnabled = false
        settings.maximumReaderCount = configuration.readers
        settings.busyMode = .timeout(10)
        settings.persistentReadOnlyConnections = true
        settings.prepareDatabase { database in
            // Kibibytes when negative. Takes effect only while the file is empty: page_size.
            try database.execute(sql: "PRAGMA page_size = 4096")
            try database.execute(sql: "PRAGMA cache_size = \(database.configuration.readonly ? -16_384 : -131_072)")
            try database.execute(sql: "PRAGMA temp_store = MEMORY")
        }
        return settings
    }
}
