public import Accounts
public import ChannelSDK

extension PostgresAccountStore {
    public func create(_ key: APIKey) async throws(AccountStoreError) {
        let insert = AccountStatements.createKey {
            $0.add(key.prefix)
            $0.add(key.hash.bytes)
            $0.add(key.user.text)
            $0.add(key.name)
            $0.add(key.scopes.stored)
            $0.add(key.createdAt)
            $0.add(key.expiresAt)
            $0.add(key.revokedAt)
        }
        guard try await perform(insert, { $0.count }) == 1 else { throw .prefixTaken }
    }

    public func key(prefix: String) async throws(AccountStoreError) -> APIKey? {
        try await keys(AccountStatements.key { $0.add(prefix) }).first
    }

    public func keys(of user: UserID) async throws(AccountStoreError) -> [APIKey] {
        try await keys(AccountStatements.keys { $0.add(user.text) })
    }

    public func revokeKey(prefix: String, at moment: Timestamp) async throws(AccountStoreError) -> APIKey? {
        let revoke = AccountStatements.revokeKey {
            $0.add(prefix)
            $0.add(moment)
        }
        return try await keys(revoke).first
    }

    private func keys(_ command: Command) async throws(AccountStoreError) -> [APIKey] {
        let found = try await perform(command) { rows in
            rows.indices.map { row -> APIKey? in
                guard let user = UserID(rows.text(row, 2)) else { return nil }
                return APIKey(
                    prefix: rows.text(row, 0), hash: .init(bytes: rows.blob(row, 1)), user: user,
                    name: rows.text(row, 3), scopes: Set(stored: rows.text(row, 4)),
                    createdAt: rows.timestamp(row, 5), expiresAt: rows.optionalTimestamp(row, 6),
                    revokedAt: rows.optionalTimestamp(row, 7))
            }
        }
        guard !found.contains(nil) else { throw .failed("PostgreSQL: the row of an API key can't be read") }
        return found.compactMap { $0 }
    }
}
