enum AccountStatements {
    private static let userColumns =
        "id, account, email, name, role, active, password_hash, credential_version, created_at, revision"
    private static let keyColumns = "prefix, hash, user_id, name, scopes, created_at, expires_at, revoked_at"

    /// No row: the address is taken.
    static let createUser = Statement(
        "create_user",
        counted(
            """
            INSERT INTO users (id, account, email, email_key, name, role, active, password_hash, credential_version,
              created_at, revision)
            VALUES ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text, $7::int8 <> 0, $8::text, $9::int8,
              $10::int8, $11::int8)
            ON CONFLICT (email_key) DO NOTHING RETURNING id
            """))

    /// A row of a table, unlike a sequence, changes for others in the moment in which the user does.
    private static func counted(_ change: String) -> String {
        """
        WITH changed AS (\(change)),
          counted AS (UPDATE user_changes SET number = number + 1 WHERE EXISTS (SELECT FROM changed))
        SELECT id FROM changed
        """
    }

    static let userChanges = Statement("user_changes", "SELECT number FROM user_changes")

    static let user = Statement("user", "SELECT \(userColumns) FROM users WHERE id = $1::text")

    static let userByEmail = Statement("user_by_email", "SELECT \(userColumns) FROM users WHERE email_key = $1::text")

    static let users = Statement(
        "users", "SELECT \(userColumns) FROM users WHERE id > $1::text ORDER BY id LIMIT $2::int8")

    /// No row: somebody else's update came between.
    static let updateUser = Statement(
        "update_user",
        counted(
            """
            UPDATE users SET name = $3::text, role = $4::text, active = $5::int8 <> 0, password_hash = $6::text,
              credential_version = $7::int8, revision = revision + 1
            WHERE id = $1::text AND revision = $2::int8 RETURNING id
            """))

    /// No row: the prefix is taken.
    static let createKey = Statement(
        "create_key",
        """
        INSERT INTO api_keys (\(keyColumns))
        VALUES ($1::text, $2::bytea, $3::text, $4::text, $5::text, $6::int8, $7::int8, $8::int8)
        ON CONFLICT (prefix) DO NOTHING RETURNING prefix
        """)

    static let key = Statement("key", "SELECT \(keyColumns) FROM api_keys WHERE prefix = $1::text")

    static let keys = Statement(
        "keys_of_user", "SELECT \(keyColumns) FROM api_keys WHERE user_id = $1::text ORDER BY created_at, prefix")

    static let revokeKey = Statement(
        "revoke_key",
        """
        UPDATE api_keys SET revoked_at = coalesce(revoked_at, $2::int8) WHERE prefix = $1::text RETURNING \(keyColumns)
        """)
}
