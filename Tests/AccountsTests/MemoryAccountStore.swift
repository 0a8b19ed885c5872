import Accounts
import ChannelSDK
import Synchronization

/// Users and keys in memory; counts what is read, and can be told to fail.
final class MemoryAccountStore: AccountStore {
    private struct State {
        var users: [UserID: User] = [:]
        var keys: [String: APIKey] = [:]
        var changes = 0
        var reads = 0
        var isDown = false
    }

    private let state = Mutex(State())

    var reads: Int { state.withLock { $0.reads } }
    var users: [User] { state.withLock { Array($0.users.values) } }

    func goDown() { state.withLock { $0.isDown = true } }

    private func with<Value>(
        _ body: (inout State) throws(AccountStoreError) -> Value
    ) throws(AccountStoreError) -> Value {
        try state.withLock { state throws(AccountStoreError) in
            if state.isDown { throw .unavailable("down") }
            return try body(&state)
        }
    }

    private func read<Value>(_ body: (State) -> Value) throws(AccountStoreError) -> Value {
        try with { (state) throws(AccountStoreError) in
            state.reads += 1
            return body(state)
        }
    }

    func create(_ user: User) async throws(AccountStoreError) {
        try with { (state) throws(AccountStoreError) in
            if state.users.values.contains(where: { $0.email == user.email }) { throw .emailTaken }
            state.users[user.id] = user
            state.changes += 1
        }
    }

    func user(_ id: UserID) async throws(AccountStoreError) -> User? { try read { $0.users[id] } }

    func user(email: EmailAddress) async throws(AccountStoreError) -> User? {
        try read { $0.users.values.first { $0.email == email } }
    }

    func users(after: UserID?, limit: Int) async throws(AccountStoreError) -> [User] {
        try read { state in
            let sorted = state.users.values.sorted { $0.id < $1.id }
            return Array(sorted.drop { user in after.map { user.id <= $0 } ?? false }.prefix(limit))
        }
    }

    /// Not counted among what is read: it is asked in the place of reading.
    func userChanges() async throws(AccountStoreError) -> Int {
        try with { (state) throws(AccountStoreError) in state.changes }
    }

    func update(_ user: User) async throws(AccountStoreError) {
        try with { (state) throws(AccountStoreError) in
            guard let stored = state.users[user.id], stored.revision == user.revision else { throw .changedMeanwhile }
            state.users[user.id] = User(
                id: stored.id, account: stored.account, email: stored.email, name: user.name, role: user.role,
                isActive: user.isActive, passwordHash: user.passwordHash, credentialVersion: user.credentialVersion,
                createdAt: stored.createdAt, revision: stored.revision + 1)
            state.changes += 1
        }
    }

    func create(_ key: APIKey) async throws(AccountStoreError) {
        try with { (state) throws(AccountStoreError) in
            guard state.keys[key.prefix] == nil else { throw .prefixTaken }
            state.keys[key.prefix] = key
        }
    }

    func key(prefix: String) async throws(AccountStoreError) -> APIKey? { try read { $0.keys[prefix] } }

    func keys(of user: UserID) async throws(AccountStoreError) -> [APIKey] {
        try read { state in
            state.keys.values.filter { $0.user == user }.sorted {
                ($0.createdAt, $0.prefix) < ($1.createdAt, $1.prefix)
            }
        }
    }

    func revokeKey(prefix: String, at moment: Timestamp) async throws(AccountStoreError) -> APIKey? {
        try with { (state) throws(AccountStoreError) in
            guard let key = state.keys[prefix] else { return nil }
            if key.revokedAt == nil { state.keys[prefix]?.revokedAt = moment }
            return state.keys[prefix]
        }
    }
}
