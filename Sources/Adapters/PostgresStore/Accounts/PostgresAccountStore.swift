public import Accounts
import ChannelSDK
import Pipeline

/// Users and API keys beside the notifications, over the same connections.
public struct PostgresAccountStore: AccountStore {
    let store: PostgresStore

    /// Ends with `store`.
    public init(_ store: PostgresStore) { self.store = store }

    public func create(_ user: User) async throws(AccountStoreError) {
        let insert = AccountStatements.createUser {
            $0.add(user.id.text)
            $0.add(user.account)
            $0.add(user.email.text)
            $0.add(user.email.key)
            $0.add(user.name)
            $0.add(user.role.rawValue)
            $0.add(user.isActive ? 1 : 0)
            $0.add(user.passwordHash.stored)
            $0.add(user.credentialVersion)
            $0.add(user.createdAt)
            $0.add(user.revision)
        }
        guard try await perform(insert, { $0.count }) == 1 else { throw .emailTaken }
    }

    public func user(_ id: UserID) async throws(AccountStoreError) -> User? {
        try await users(AccountStatements.user { $0.add(id.text) }).first
    }

    public func user(email: EmailAddress) async throws(AccountStoreError) -> User? {
        try await users(AccountStatements.userByEmail { $0.add(email.key) }).first
    }

    public func users(after: UserID?, limit: Int) async throws(AccountStoreError) -> [User] {
        try await users(
            AccountStatements.users {
                $0.add(after?.text ?? "")
                $0.add(limit)
            })
    }

    public func userChanges() async throws(AccountStoreError) -> Int {
        try await perform(AccountStatements.userChanges()) { $0.int(0, 0) }
    }

    public func update(_ user: User) async throws(AccountStoreError) {
        let update = AccountStatements.updateUser {
            $0.add(user.id.text)
            $0.add(user.revision)
            $0.add(user.name)
            $0.add(user.role.rawValue)
            $0.add(user.isActive ? 1 : 0)
            $0.add(user.passwordHash.stored)
            $0.add(user.credentialVersion)
        }
        guard try await perform(update, { $0.count }) == 1 else { throw .changedMeanwhile }
    }

    private func users(_ command: Command) async throws(AccountStoreError) -> [User] {
        let found = try await perform(command) { rows in
            rows.indices.map { row in
                User(
                    storedID: rows.text(row, 0), account: rows.text(row, 1), email: rows.text(row, 2),
                    name: rows.text(row, 3), role: rows.text(row, 4), isActive: rows.integer(row, 5) != 0,
                    passwordHash: rows.text(row, 6), credentialVersion: rows.int(row, 7),
                    createdAt: rows.timestamp(row, 8), revision: rows.int(row, 9))
            }
        }
        guard !found.contains(nil) else { throw .failed("PostgreSQL: the row of a user can't be read") }
        return found.compactMap { $0 }
    }

    /// One statement, in a transaction of its own.
    func perform<Result: Sendable>(
        _ command: Command, _ read: @Sendable (Rows) -> Result
    ) async throws(AccountStoreError) -> Result {
        do throws(StoreError) {
            return try await store.perform([command]) { read($0[0]) }
        } catch {
            switch error {
            case .unavailable(let reason): throw .unavailable(reason)
            case .failed(let reason): throw .failed(reason)
            case .fenced: throw .failed("a write about accounts was fenced")
            }
        }
    }
}
