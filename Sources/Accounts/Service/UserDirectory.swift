import ChannelSDK
import FoundationEssentials
import Synchronization

/// Lists users: from the store first, then for a minute from the cache, until a user changes.
///
/// A change made by this process is seen at once. One that another replica makes just while a page is being read here
/// may stay unseen for the minute.
final class UserDirectory: Sendable {
    private static let tag = "accounts/users"
    private static let lifetime = Duration.seconds(60)

    private struct Stored: Codable {
        let users: [UserSummary]
        let next: String?
    }

    private let store: any AccountStore
    private let cache: any Cache
    /// Raised by each change, before the cache forgets.
    private let changes = Atomic(0)

    init(store: any AccountStore, cache: any Cache) {
        self.store = store
        self.cache = cache
    }

    func page(after: UserID?, limit: Int) async throws(AccountStoreError) -> UserPage {
        let key = "\(Self.tag)/\(limit)/\(after?.text ?? "")"
        if let bytes = await cache.value(for: key), let stored = UntrustedJSON.decode(Stored.self, from: bytes) {
            return UserPage(users: stored.users, next: stored.next.flatMap { UserID($0) }, source: .cache)
        }
        let before = changes.load(ordering: .sequentiallyConsistent)
        // One more tells whether there is a next page.
        let users = try await store.users(after: after, limit: limit + 1)
        let next = users.count > limit ? users[limit - 1].id : nil
        let summaries = users.prefix(limit).map { UserSummary($0) }
        if let bytes = try? JSONEncoder().encode(Stored(users: summaries, next: next?.text)) {
            await cache.store(Array(bytes), for: key, lifetime: Self.lifetime, tags: [Self.tag])
        }
        // Who changed something while this was read may have emptied the cache too early.
        if changes.load(ordering: .sequentiallyConsistent) != before { await cache.invalidate(tag: Self.tag) }
        return UserPage(users: summaries, next: next, source: .store)
    }

    /// To be called after a user was, or may have been, created or changed.
    func usersChanged() async {
        changes.add(1, ordering: .sequentiallyConsistent)
        await cache.invalidate(tag: Self.tag)
    }
}
