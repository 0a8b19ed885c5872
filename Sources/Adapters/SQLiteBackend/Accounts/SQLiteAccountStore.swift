public import Accounts
import ChannelSDK
import GRDB

/// Users and API keys in the embedded file.
public struct SQLiteAccountStore: AccountStore {
    let committer: GroupCommitter
    let database: DatabasePool

    public func create(_ user: User) async throws(AccountStoreError) {
        let isNew = try await write { session in
            let find = try session.statement("SELECT 1 FROM users WHERE email_key = ?")
            find.bind(1, user.email.key)
            guard try find.first({ _ in true }) == nil else { return false }
            let insert = try session.statement(
                "INSERT INTO users (\(UserRow.columns)) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
            UserRow.bind(user, to: insert)
            try insert.run()
            try UserRow.countChange(session)
            return true
        }
        guard isNew else { throw .emailTaken }
    }

    public func user(_ id: UserID) async throws(AccountStoreError) -> User? {
        try await users("id = ?") { $0.bind(1, id.text) }.first
    }

    public func user(email: EmailAddress) async throws(AccountStoreError) -> User? {
        try await users("email_key = ?") { $0.bind(1, email.key) }.first
    }

    public func users(after: UserID?, limit: Int) async throws(AccountStoreError) -> [User] {
        try await users("id > ? ORDER BY id LIMIT ?") { statement in
            statement.bind(1, after?.text ?? "")
            statement.bind(2, limit)
        }
    }

    public func userChanges() async throws(AccountStoreError) -> Int {
        try await read { database in
            let find = try RawStatement(database, "SELECT value FROM counts WHERE name = 'user_changes'")
            return try find.first { $0.int(0) } ?? 0
        }
    }

    public func update(_ user: User) async throws(AccountStoreError) {
        let isCurrent = try await write { session in
            let update = try session.statement(
                """
                UPDATE users SET name = ?, role = ?, active = ?, password_hash = ?, credential_version = ?,
                  revision = revision + 1
                WHERE id = ? AND revision = ?
                """)
            update.bind(1, user.name)
            update.bind(2, user.role.rawValue)
            update.bind(3, user.isActive ? 1 : 0)
            update.bind(4, user.passwordHash.stored)
            update.bind(5, user.credentialVersion)
            update.bind(6, user.id.text)
            update.bind(7, user.revision)
            try update.run()
            guard session.changes == 1 else { return false }
            try UserRow.countChange(session)
            return true
        }
        guard isCurrent else { throw .changedMeanwhile }
    }

    private func users(
        _ condition: String, _ bind: @escaping @Sendable (RawStatement) -> Void
    ) async throws(AccountStoreError) -> [User] {
        try await read { database in
            let statement = try RawStatement(database, "SELECT \(UserRow.columns) FROM users WHERE \(condition)")
            bind(statement)
            var users: [User] = []
            try statement.forEach { users.append(try UserRow.read($0)) }
            return users
        }
    }

    // MARK: Transactions

    /// One transaction, or a part of one that others share.
    func write<Result: Sendable>(
        _ body: @escaping @Sendable (WriteSession) throws -> Result
    ) async throws(AccountStoreError) -> Result {
        do throws(SQLiteFailure) {
            return try await committer.commit(body)
        } catch {
            throw error.accountStoreError
        }
    }

    /// One consistent view, which sees everything committed before the call.
    func read<Result: Sendable>(
        _ body: @escaping @Sendable (Database) throws -> Result
    ) async throws(AccountStoreError) -> Result {
        do {
            return try await database.read(body)
        } catch {
            throw SQLiteFailure(error).accountStoreError
        }
    }
}

/// How a user lies in its row.
private enum UserRow {
    static let columns = """
        id, account, email, email_key, name, role, active, password_hash, credential_version, created_at, revision
        """

    /// Other processes learn from it that the list of users is no more what they know: see `UserDirectory`.
    static func countChange(_ session: WriteSession) throws {
        try session.statement(
            "INSERT INTO counts (name, value) VALUES ('user_changes', 1) ON CONFLICT DO UPDATE SET value = value + 1"
        ).run()
    }

    static func bind(_ user: User, to statement: RawStatement) {
        statement.bind(1, user.id.text)
        statement.bind(2, user.account)
        statement.bind(3, user.email.text)
        statement.bind(4, user.email.key)
        statement.bind(5, user.name)
        statement.bind(6, user.role.rawValue)
        statement.bind(7, user.isActive ? 1 : 0)
        statement.bind(8, user.passwordHash.stored)
        statement.bind(9, user.credentialVersion)
        statement.bind(10, user.createdAt)
        statement.bind(11, user.revision)
    }

    static func read(_ row: RawStatement) throws -> User {
        let user = User(
            storedID: row.text(0), account: row.text(1), email: row.text(2), name: row.text(4), role: row.text(5),
            isActive: row.int(6) != 0, passwordHash: row.text(7), credentialVersion: row.int(8),
            createdAt: row.timestamp(9), revision: row.int(10))
        guard let user else { throw SQLiteFailure.failed("the row of the user \(row.text(0)) can't be read") }
        return user
    }
}

extension SQLiteFailure {
    fileprivate var accountStoreError: AccountStoreError {
        switch self {
        case .unavailable(let reason): .unavailable(reason)
        case .failed(let reason): .failed(reason)
        case .fenced: .failed("a write about accounts was fenced")
        }
    }
}
