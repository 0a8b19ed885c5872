import ChannelSDK
import FoundationEssentials

/// Lists users: from the store first, then for a minute from the cache, until a user changes.
///
/// What is cached is named by the number of changes before its reading, which the store knows. So a change counts at
/// once, whoever makes it: this process, another replica, or a command beside a host whose cache nobody else reaches.
/// The tag only makes room sooner.
final class UserDirectory: Sendable {
    private static let tag = "accounts/users"
    private static let lifetime = Duration.seconds(60)

    private struct Stored: Codable {
        let users: [UserSummary]
        let next: String?
    }

    private let store: any AccountStore
    private let cache: any Cache

    init(store: any AccountStore, cache: any Cache) {
        self.store = store
        self.cache = cache
    }

    func page(after: UserID?, limit: Int) async throws(AccountStoreError) -> UserPage {
        // Before the users: a change that comes while they are read has another number.
        let changes = try await store.userChanges()
        let key = "\(Self.tag)/\(changes)/\(limit)/\(after?.text ?? "")"
        if let bytes = await cache.value(for: key), let stored = UntrustedJSON.decode(Stored.self, from: bytes) {
            return UserPage(users: stored.users, next: stored.next.flatMap { UserID($0) }, source: .cache)
        }
        // One more tells whether there is a next page.
        let users = try await store.users(after: after, limit: limit + 1)
        let next = users.count > limit ? users[limit - 1].id : nil
        let summaries = users.prefix(limit).map { UserSummary($0) }
        if let bytes = try? JSONEncoder().encode(Stored(users: summaries, next: next?.text)) {
            await cache.store(Array(bytes), for: key, lifetime: Self.lifetime, tags: [Self.tag])
        }
        return UserPage(users: summaries, next: next, source: .store)
    }

    /// To be called after a user was, or may have been, created or changed.
    func usersChanged() async { await cache.invalidate(tag: Self.tag) }
}
