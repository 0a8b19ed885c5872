import CLibpq
import Glibc

/// What libpq does alone: the same rows into the same tables with the same indexes, statement after statement, with
/// parameters that were made beforehand.
final class BarePostgres {
    private let connection: OpaquePointer

    init(_ url: String, schema: String) throws {
        guard let connection = PQconnectdb(url) else { throw BackendRates.Failure("no memory") }
        self.connection = connection
        try check(PQexec(connection, "SET search_path = \(schema); SET plan_cache_mode = force_generic_plan"))
        for (name, sql) in Self.statements { try check(PQprepare(connection, name, sql, 0, nil)) }
    }

    deinit { PQfinish(connection) }

    private static let statements = [
        "notifications": """
        INSERT INTO notifications (number, id, account, external_id, class, steps, accepted_at, payload)
        SELECT * FROM unnest($1::int8[], $2::uuid[], $3::text[], $4::text[], $5::int8[], $6::bytea[], $7::int8[],
          $8::bytea[]) ON CONFLICT (id) DO NOTHING
        """,
        "deliveries": """
        INSERT INTO deliveries (number, ordinal, channel, step, graph_version, created_at, status, settlement,
          updated_at, sequence, attempts, failures)
        SELECT n, 1, 'sms', 0, 1, at, 'accepted', 0, at, 0, 0, 0 FROM unnest($1::int8[], $2::int8[]) AS u (n, at)
        """,
        "ready": """
        INSERT INTO ready (number, ordinal, channel, class, account, due, attempt, errand)
        SELECT n, 1, 'sms', 1, account, at, 1, 0 FROM unnest($1::int8[], $2::text[], $3::int8[]) AS u (n, account, at)
        """,
        "update": """
        UPDATE deliveries d SET status = u.status, updated_at = u.at, sequence = u.sequence, attempts = 1,
          provider_message_id = u.message
        FROM unnest($1::int8[], $2::text[], $3::int8[], $4::int8[], $5::text[]) AS u (n, status, at, sequence, message)
        WHERE d.number = u.n AND d.ordinal = 1
        """,
        "timeline": """
        INSERT INTO timeline (number, part, position, place, ordinal, kind, at, reported, sequence, previous, status,
          settlement, notification_status)
        SELECT n, 0, position, 0, 1, 'report', at, status, sequence, 'accepted', status, 0, status
        FROM unnest($1::int8[], $2::int8[], $3::int8[], $4::text[], $5::int8[])
          AS u (n, position, at, status, sequence)
        """,
    ]

    /// One transaction of prepared statements, each with its arrays in text form.
    func transaction(_ commands: [(name: String, arrays: [String])]) throws {
        try check(PQexec(connection, "BEGIN"))
        for command in commands {
            let copies = command.arrays.map { strdup($0) }
            defer { for copy in copies { free(copy) } }
            try check(
                PQexecPrepared(
                    connection, command.name, Int32(copies.count), copies.map { UnsafePointer($0) }, nil, nil, 0))
        }
        try check(PQexec(connection, "COMMIT"))
    }

    private func check(_ result: OpaquePointer?) throws {
        defer { PQclear(result) }
        let status = PQresultStatus(result)
        guard status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK else {
            throw BackendRates.Failure("libpq: \(String(cString: PQerrorMessage(connection)))")
        }
    }
}
