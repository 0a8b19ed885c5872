import GRDB

/// The tables of the file, by version. A migration that has been released is never changed.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 log") { try $0.execute(sql: log) }
        migrator.registerMigration("1 store") { try $0.execute(sql: store) }
        migrator.registerMigration("1 runs") { try $0.execute(sql: runs) }
        migrator.registerMigration("2 accounts") { try $0.execute(sql: accounts) }
        migrator.registerMigration("3 opt-outs") { try $0.execute(sql: optOuts) }
        migrator.registerMigration("4 list and cancel") { try $0.execute(sql: listAndCancel) }
        migrator.registerMigration("5 restorations") { try $0.execute(sql: restorations) }
        migrator.registerMigration("6 graphs") { try $0.execute(sql: graphs) }
        migrator.registerMigration("7 repeats") { try $0.execute(sql: repeats) }
        return migrator
    }

    /// The records themselves are in one table per partition, which is made when the topic is first used.
    private static let log = """
        CREATE TABLE log_topics (name TEXT PRIMARY KEY, partitions INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE log_group_offsets (
          topic TEXT NOT NULL, part INTEGER NOT NULL, consumer TEXT NOT NULL, next_offset INTEGER NOT NULL,
          PRIMARY KEY (topic, part, consumer)
        ) WITHOUT ROWID;
        """

    /// `deliveries.ready_due` is the due time of the delivery's last row in `ready`, which completes that row's key.
    private static let store = """
        CREATE TABLE notifications (
          row INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, account TEXT NOT NULL, external_id TEXT,
          class INTEGER NOT NULL, steps BLOB NOT NULL, accepted_at INTEGER NOT NULL, expires_at INTEGER,
          payload BLOB NOT NULL
        );
        CREATE TABLE deliveries (
          row INTEGER NOT NULL, ordinal INTEGER NOT NULL, channel TEXT NOT NULL, step INTEGER NOT NULL,
          graph_version INTEGER NOT NULL, created_at INTEGER NOT NULL, status TEXT NOT NULL,
          settlement INTEGER NOT NULL, updated_at INTEGER NOT NULL, sequence INTEGER NOT NULL,
          attempts INTEGER NOT NULL, failures INTEGER NOT NULL, settle_at INTEGER, ready_due INTEGER,
          waiting TEXT, waiting_until INTEGER, provider_message_id TEXT, occurred_at INTEGER, code TEXT,
          message TEXT, parts BLOB, expected_parts BLOB,
          PRIMARY KEY (row, ordinal)
        ) WITHOUT ROWID;
        CREATE INDEX deliveries_settling ON deliveries (settle_at) WHERE settle_at IS NOT NULL AND settlement = 0;
        CREATE TABLE ready (
          channel TEXT NOT NULL, class INTEGER NOT NULL, account TEXT NOT NULL, due INTEGER NOT NULL,
          row INTEGER NOT NULL, ordinal INTEGER NOT NULL, attempt INTEGER NOT NULL, errand INTEGER NOT NULL,
          PRIMARY KEY (channel, class, account, due, row, ordinal)
        ) WITHOUT ROWID;
        CREATE TABLE claims (
          row INTEGER NOT NULL, ordinal INTEGER NOT NULL, owner INTEGER NOT NULL, attempt INTEGER NOT NULL,
          errand INTEGER NOT NULL, claimed_at INTEGER NOT NULL,
          PRIMARY KEY (row, ordinal)
        ) WITHOUT ROWID;
        CREATE TABLE owners (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, lease_until INTEGER NOT NULL);
        CREATE TABLE correlations (
          channel TEXT NOT NULL, message_id TEXT NOT NULL, row INTEGER NOT NULL, ordinal INTEGER NOT NULL,
          PRIMARY KEY (channel, message_id)
        ) WITHOUT ROWID;
        CREATE TABLE parked (
          id INTEGER PRIMARY KEY AUTOINCREMENT, part INTEGER NOT NULL, position INTEGER NOT NULL,
          place INTEGER NOT NULL, received_at INTEGER NOT NULL, channel TEXT NOT NULL, key_channel TEXT,
          key_message TEXT, key_notification BLOB, row INTEGER, ordinal INTEGER, report BLOB NOT NULL,
          UNIQUE (part, position, place)
        );
        CREATE INDEX parked_by_message ON parked (key_channel, key_message) WHERE key_message IS NOT NULL;
        CREATE INDEX parked_by_notification ON parked (key_notification) WHERE key_notification IS NOT NULL;
        CREATE INDEX parked_waiting ON parked (received_at) WHERE row IS NULL;
        CREATE INDEX parked_released ON parked (id) WHERE row IS NOT NULL;
        CREATE TABLE timeline (
          row INTEGER NOT NULL, part INTEGER NOT NULL, position INTEGER NOT NULL, place INTEGER NOT NULL,
          ordinal INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL, reported TEXT, occurred_at INTEGER,
          code TEXT, message TEXT, sequence INTEGER, previous TEXT, status TEXT, settlement INTEGER,
          notification_status TEXT, without_effect TEXT,
          PRIMARY KEY (row, part, position, place)
        ) WITHOUT ROWID;
        CREATE TABLE counts (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE stage_progress (
          stage TEXT NOT NULL, part INTEGER NOT NULL, epoch INTEGER NOT NULL, next_offset INTEGER NOT NULL,
          PRIMARY KEY (stage, part)
        ) WITHOUT ROWID;
        """

    private static let runs = """
        CREATE TABLE runs (number INTEGER PRIMARY KEY AUTOINCREMENT, ended INTEGER NOT NULL);
        CREATE TABLE record_attempts (
          stage TEXT NOT NULL, part INTEGER NOT NULL, position INTEGER NOT NULL, runs INTEGER NOT NULL,
          last_run INTEGER NOT NULL,
          PRIMARY KEY (stage, part, position)
        ) WITHOUT ROWID;
        """

    /// `users.email_key` is the address in lower case.
    private static let accounts = """
        CREATE TABLE users (
          id TEXT PRIMARY KEY, account TEXT NOT NULL, email TEXT NOT NULL, email_key TEXT NOT NULL UNIQUE,
          name TEXT NOT NULL, role TEXT NOT NULL, active INTEGER NOT NULL, password_hash TEXT NOT NULL,
          credential_version INTEGER NOT NULL, created_at INTEGER NOT NULL, revision INTEGER NOT NULL
        ) WITHOUT ROWID;
        CREATE TABLE api_keys (
          prefix TEXT PRIMARY KEY, hash BLOB NOT NULL, user_id TEXT NOT NULL, name TEXT NOT NULL, scopes TEXT NOT NULL,
          created_at INTEGER NOT NULL, expires_at INTEGER, revoked_at INTEGER
        ) WITHOUT ROWID;
        CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at, prefix);
        """

    /// When the store was restored from a backup; the last row counts.
    private static let restorations = """
        CREATE TABLE restorations (
          number INTEGER PRIMARY KEY, restored_at INTEGER NOT NULL, backup_at INTEGER NOT NULL, resends INTEGER NOT NULL
        );
        """

    /// The status graphs that channels have had: deliveries are judged by the one that they were made under.
    private static let graphs = """
        CREATE TABLE graphs (
          channel TEXT NOT NULL, version INTEGER NOT NULL, module TEXT NOT NULL, statuses TEXT NOT NULL,
          PRIMARY KEY (channel, version)
        ) WITHOUT ROWID;
        """

    /// The last word of each recipient; an opting in stays too, so that an older opting out that comes late is outweighed.
    private static let optOuts = """
        CREATE TABLE opt_outs (
          list TEXT NOT NULL, address TEXT NOT NULL, opted_out INTEGER NOT NULL, said_at INTEGER NOT NULL,
          source TEXT NOT NULL,
          PRIMARY KEY (list, address)
        ) WITHOUT ROWID;
        CREATE INDEX opt_outs_standing ON opt_outs (list, address) WHERE opted_out = 1;
        """

    /// - `opt_out_messages`: when a message that opts out or in, and has no time of its own, first came.
    /// - `timeline.event_id`: the provider's id of the event; an entry without a sequence is there once for each.
    private static let repeats = """
        CREATE TABLE opt_out_messages (
          list TEXT NOT NULL, address TEXT NOT NULL, message TEXT NOT NULL, said_at INTEGER NOT NULL,
          PRIMARY KEY (list, address, message)
        ) WITHOUT ROWID;
        ALTER TABLE deliveries ADD COLUMN segments INTEGER;
        ALTER TABLE timeline ADD COLUMN late INTEGER;
        ALTER TABLE timeline ADD COLUMN segments INTEGER;
        ALTER TABLE timeline ADD COLUMN event_id TEXT;
        CREATE INDEX timeline_events ON timeline (row, ordinal, event_id) WHERE event_id IS NOT NULL;
        """

    /// The index ends in the row's number, as all do.
    private static let listAndCancel = """
        ALTER TABLE deliveries ADD COLUMN ends_route INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX notifications_listed ON notifications (account, accepted_at);
        """
}
