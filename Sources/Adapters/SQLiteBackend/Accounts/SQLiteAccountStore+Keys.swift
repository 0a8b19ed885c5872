public import Accounts
public import ChannelSDK

extension SQLiteAccountStore {
    public func create(_ key: APIKey) async throws(AccountStoreError) {
        let isNew = try await write { session in
            guard try KeyRow.find(key.prefix, session) == nil else { return false }
            let insert = try session.statement(
                "INSERT INTO api_keys (\(KeyRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
            KeyRow.bind(key, to: insert)
            try insert.run()
            return true
        }
        guard isNew else { throw .prefixTaken }
    }

    public func key(prefix: String) async throws(AccountStoreError) -> APIKey? {
        try await read { database in
            let find = try RawStatement(database, KeyRow.finding)
            find.bind(1, prefix)
            return try find.first { try KeyRow.read($0) }
        }
    }

    public func keys(of user: UserID) async throws(AccountStoreError) -> [APIKey] {
        try await read { database in
            let find = try RawStatement(
                database, "SELECT \(KeyRow.columns) FROM api_keys WHERE user_id = ? ORDER BY created_at, prefix")
            find.bind(1, user.text)
            var keys: [APIKey] = []
            try find.forEach { keys.append(try KeyRow.read($0)) }
            return keys
        }
    }

    public func revokeKey(prefix: String, at moment: Timestamp) async throws(AccountStoreError) -> APIKey? {
        try await write { session in
            let revoke = try session.statement(
                "UPDATE api_keys SET revoked_at = ? WHERE prefix = ? AND revoked_at IS NULL")
            revoke.bind(1, moment)
            revoke.bind(2, prefix)
            try revoke.run()
            return try KeyRow.find(prefix, session)
        }
    }
}

/// How an API key lies in its row.
private enum KeyRow {
    static let columns = "prefix, hash, user_id, name, scopes, created_at, expires_at, revoked_at"
    static let finding = "SELECT \(columns) FROM api_keys WHERE prefix = ?"

    static func find(_ prefix: String, _ session: WriteSession) throws -> APIKey? {
        let find = try session.statement(finding)
        find.bind(1, prefix)
        return try find.first { try read($0) }
    }

    static func bind(_ key: APIKey, to statement: RawStatement) {
        statement.bind(1, key.prefix)
        statement.bind(2, blob: key.hash.bytes)
        statement.bind(3, key.user.text)
        statement.bind(4, key.name)
        statement.bind(5, key.scopes.stored)
        statement.bind(6, key.createdAt)
        statement.bind(7, key.expiresAt)
        statement.bind(8, key.revokedAt)
    }

    static func read(_ row: RawStatement) throws -> APIKey {
        guard let user = UserID(row.text(2)) else {
            throw SQLiteFailure.failed("the row of the API key \(row.text(0)) can't be read")
        }
        return APIKey(
            prefix: row.text(0), hash: .init(bytes: row.blob(1)), user: user, name: row.text(3),
            scopes: Set(stored: row.text(4)), createdAt: row.timestamp(5), expiresAt: row.optionalTimestamp(6),
            revokedAt: row.optionalTimestamp(7))
    }
}
