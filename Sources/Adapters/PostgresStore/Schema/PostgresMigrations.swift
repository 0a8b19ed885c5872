/// The tables, by version. A migration that has been released is never changed: another is added.
enum PostgresMigrations {
    struct Migration: Sendable {
        let version: Int
        let name: String
        let sql: String
    }

    static let all = [
        Migration(version: 1, name: "store", sql: tables + functions),
        Migration(version: 2, name: "accounts", sql: accounts),
        Migration(version: 3, name: "opt-outs", sql: optOuts),
        Migration(version: 4, name: "list and cancel", sql: listAndCancel),
        Migration(version: 5, name: "restorations", sql: restorations),
        Migration(version: 6, name: "graphs", sql: graphs),
        Migration(version: 7, name: "user changes", sql: userChanges),
        Migration(version: 8, name: "repeats", sql: repeats),
    ]

    /// - `deliveries` has no index on what its updates change, and room on its pages, so that an update stays on its
    ///   page and touches no index: the moments of settling are in a table of their own for that.
    /// - Accounts are compared byte by byte (`COLLATE "C"`), as Swift's callers do.
    /// - `stage_progress` also counts what its partition has added: nobody has to count the large tables.
    /// - `timeline` is only added to; it can be deleted from by `number`, which grows with time.
    private static let tables = """
        CREATE SEQUENCE notification_numbers AS bigint INCREMENT BY 10000;
        CREATE TABLE notifications (
          number bigint PRIMARY KEY, id uuid NOT NULL UNIQUE, account text COLLATE "C" NOT NULL, external_id text,
          class smallint NOT NULL, steps bytea NOT NULL, accepted_at bigint NOT NULL, expires_at bigint,
          payload bytea NOT NULL
        );
        CREATE TABLE deliveries (
          number bigint NOT NULL, ordinal integer NOT NULL, channel text NOT NULL, step integer NOT NULL,
          graph_version bigint NOT NULL, created_at bigint NOT NULL, status text NOT NULL,
          settlement smallint NOT NULL, updated_at bigint NOT NULL, sequence bigint NOT NULL,
          attempts bigint NOT NULL, failures bigint NOT NULL, settle_at bigint, waiting text, waiting_until bigint,
          provider_message_id text, occurred_at bigint, code text, message text, parts bytea, expected_parts bytea,
          PRIMARY KEY (number, ordinal)
        ) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
        CREATE TABLE settling (
          number bigint NOT NULL, ordinal integer NOT NULL, settle_at bigint NOT NULL, PRIMARY KEY (number, ordinal)
        ) WITH (autovacuum_vacuum_scale_factor = 0.05);
        CREATE INDEX settling_due ON settling (settle_at);
        CREATE TABLE ready (
          number bigint NOT NULL, ordinal integer NOT NULL, channel text COLLATE "C" NOT NULL, class smallint NOT NULL,
          account text COLLATE "C" NOT NULL, due bigint NOT NULL, attempt bigint NOT NULL, errand smallint NOT NULL,
          PRIMARY KEY (number, ordinal)
        ) WITH (autovacuum_vacuum_scale_factor = 0.02);
        CREATE INDEX ready_turns ON ready (channel, class, account, due, number, ordinal);
        CREATE TABLE owners (name text PRIMARY KEY, lease_until timestamptz NOT NULL);
        CREATE TABLE claims (
          number bigint NOT NULL, ordinal integer NOT NULL, owner text NOT NULL, attempt bigint NOT NULL,
          errand smallint NOT NULL, claimed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
          PRIMARY KEY (number, ordinal)
        ) WITH (autovacuum_vacuum_scale_factor = 0.02);
        CREATE TABLE correlations (
          channel text NOT NULL, message_id text NOT NULL, id uuid NOT NULL, ordinal integer NOT NULL,
          PRIMARY KEY (channel, message_id)
        );
        CREATE TABLE parked (
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, part bigint NOT NULL, position bigint NOT NULL,
          place bigint NOT NULL, received_at bigint NOT NULL, channel text NOT NULL, key_channel text,
          key_message text, key_notification uuid, id uuid, ordinal integer, report bytea NOT NULL,
          UNIQUE (part, position, place)
        );
        CREATE INDEX parked_by_message ON parked (key_channel, key_message) WHERE key_message IS NOT NULL;
        CREATE INDEX parked_by_notification ON parked (key_notification) WHERE key_notification IS NOT NULL;
        CREATE INDEX parked_waiting ON parked (received_at, number) WHERE id IS NULL;
        CREATE INDEX parked_released ON parked (number) WHERE id IS NOT NULL;
        CREATE TABLE timeline (
          number bigint NOT NULL, part bigint NOT NULL, position bigint NOT NULL, place integer NOT NULL,
          ordinal integer NOT NULL, kind text NOT NULL, at bigint NOT NULL, reported text, occurred_at bigint,
          code text, message text, sequence bigint, previous text, status text, settlement smallint,
          notification_status text, without_effect text,
          PRIMARY KEY (number, part, position, place)
        );
        CREATE TABLE stage_progress (
          stage text NOT NULL, part bigint NOT NULL, epoch bigint NOT NULL, next_offset bigint NOT NULL,
          notifications bigint NOT NULL DEFAULT 0, open bigint NOT NULL DEFAULT 0, PRIMARY KEY (stage, part)
        ) WITH (fillfactor = 20);
        CREATE SEQUENCE run_numbers AS bigint;
        CREATE TABLE runs (replica text PRIMARY KEY, number bigint NOT NULL, ended boolean NOT NULL);
        CREATE TABLE record_attempts (
          stage text NOT NULL, part bigint NOT NULL, position bigint NOT NULL, replica text NOT NULL,
          runs bigint NOT NULL, last_run bigint NOT NULL, PRIMARY KEY (stage, part, position)
        );

        """

    private static let functions = """
        CREATE FUNCTION pass_fence(of_stage text, of_part bigint, with_epoch bigint, to_offset bigint)
        RETURNS void LANGUAGE plpgsql AS $$
        BEGIN
          UPDATE stage_progress SET next_offset = greatest(next_offset, to_offset)
          WHERE stage = of_stage AND part = of_part AND epoch = with_epoch;
          IF NOT FOUND THEN
            RAISE EXCEPTION 'another owner has taken over the partition' USING ERRCODE = 'SB001';
          END IF;
        END $$;
        """

    /// - `users.email_key` is the address in lower case.
    /// - Users and keys are in the order of their ids byte by byte, as Swift's callers compare them.
    private static let accounts = """
        CREATE TABLE users (
          id text COLLATE "C" PRIMARY KEY, account text NOT NULL, email text NOT NULL,
          email_key text COLLATE "C" NOT NULL UNIQUE, name text NOT NULL, role text NOT NULL, active boolean NOT NULL,
          password_hash text NOT NULL, credential_version bigint NOT NULL, created_at bigint NOT NULL,
          revision bigint NOT NULL
        );
        CREATE TABLE api_keys (
          prefix text COLLATE "C" PRIMARY KEY, hash bytea NOT NULL, user_id text COLLATE "C" NOT NULL,
          name text NOT NULL, scopes text NOT NULL, created_at bigint NOT NULL, expires_at bigint, revoked_at bigint
        );
        CREATE INDEX api_keys_by_user ON api_keys (user_id, created_at, prefix);
        """

    /// How often users were created or changed: one row.
    private static let userChanges = """
        CREATE TABLE user_changes (number bigint NOT NULL);
        INSERT INTO user_changes (number) VALUES (0);
        """

    /// When the store was restored from a backup; the last row counts.
    private static let restorations = """
        CREATE TABLE restorations (
          number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, restored_at bigint NOT NULL, backup_at bigint NOT NULL,
          resends boolean NOT NULL
        );
        """

    /// The status graphs that channels have had: deliveries are judged by the one that they were made under.
    private static let graphs = """
        CREATE TABLE graphs (
          channel text COLLATE "C" NOT NULL, version bigint NOT NULL, module text NOT NULL, statuses text NOT NULL,
          PRIMARY KEY (channel, version)
        );
        """

    /// The last word of each recipient; an opting in stays too, so that an older opting out that comes late is outweighed.
    private static let optOuts = """
        CREATE TABLE opt_outs (
          list text COLLATE "C" NOT NULL, address text COLLATE "C" NOT NULL, opted_out smallint NOT NULL,
          said_at bigint NOT NULL, source text COLLATE "C" NOT NULL,
          PRIMARY KEY (list, address)
        );
        CREATE INDEX opt_outs_standing ON opt_outs (list, address) WHERE opted_out = 1;
        """

    /// - `opt_out_messages`: when a message that opts out or in, and has no time of its own, first came.
    /// - `timeline.event_id`: the provider's id of the event; an entry without a sequence is there once for each.
    private static let repeats = """
        CREATE TABLE opt_out_messages (
          list text COLLATE "C" NOT NULL, address text COLLATE "C" NOT NULL, message text COLLATE "C" NOT NULL,
          said_at bigint NOT NULL, PRIMARY KEY (list, address, message)
        );
        ALTER TABLE deliveries ADD COLUMN segments integer;
        ALTER TABLE timeline ADD COLUMN late smallint, ADD COLUMN segments integer,
          ADD COLUMN event_id text COLLATE "C";
        CREATE INDEX timeline_events ON timeline (number, ordinal, event_id) WHERE event_id IS NOT NULL;
        """

    /// `notifications` is never updated: an index more costs its insertions only. `parked_cancels` is nearly always empty,
    /// so that a projection asks it for nothing.
    private static let listAndCancel = """
        ALTER TABLE deliveries ADD COLUMN ends_route boolean NOT NULL DEFAULT false;
        CREATE INDEX notifications_listed ON notifications (account, accepted_at, number);
        CREATE INDEX parked_cancels ON parked (key_notification) WHERE place = -1 AND id IS NULL;
        """
}
