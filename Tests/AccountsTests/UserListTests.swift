import ChannelSDK
import PortConformance
import Synchronization
import Testing

@testable import Accounts

@Suite(.timeLimit(.minutes(10)))
struct UserListTests {
    @Test func theStoreFirstThenTheCacheForAMinute() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let first = try await bench.service.users()
        #expect(first.source == .store && first.users == [UserSummary(user)] && first.next == nil)
        let reads = bench.store.reads
        let second = try await bench.service.users()
        #expect(second.source == .cache && second.users == first.users && bench.store.reads == reads)
        bench.clock.advance(by: .milliseconds(59_999))
        #expect(try await bench.service.users().source == .cache)
        bench.clock.advance(by: .milliseconds(1))
        #expect(try await bench.service.users().source == .store)
    }

    @Test func everyChangeEmptiesTheCache() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let changes: [@Sendable () async throws -> Void] = [
            {
                bench.clock.advance(by: .milliseconds(1))
                try await bench.user("other@example.com")
            },
            { try await bench.service.setRole(.viewer, of: user.id) },
            { try await bench.service.setActive(false, user.id) },
            { try await bench.service.setPassword(Secret("quite another password"), of: user.id) },
            {
                try await bench.service.register(
                    NewUser(email: "third@example.com", name: "x", password: Bench.password))
            },
        ]
        for change in changes {
            _ = try await bench.service.users()
            #expect(try await bench.service.users().source == .cache)
            try await change()
            #expect(try await bench.service.users().source == .store)
        }
        let users = try await bench.service.users().users
        #expect(users.count == 3 && users[0].role == "viewer" && !users[0].isActive)
    }

    @Test func pagesFollowEachOther() async throws {
        let bench = try await Bench()
        for number in 0..<7 {
            try await bench.user("user\(number)@example.com")
            bench.clock.advance(by: .milliseconds(1))
        }
        var (emails, after, pages) = ([String](), UserID?.none, 0)
        repeat {
            let page = try await bench.service.users(after: after, limit: 3)
            emails += page.users.map(\.email)
            after = page.next
            pages += 1
        } while after != nil
        #expect(pages == 3 && emails == (0..<7).map { "user\($0)@example.com" })
        // A page that ends with the last user has no next one.
        #expect(try await bench.service.users(limit: 7).next == nil)
    }

    /// By a command beside the host, say: it shares the store with this process, and nothing else.
    @Test func anotherProcessChangesAUser() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let other = try await Bench(store: bench.store)
        let changes: [@Sendable () async throws -> Void] = [
            { try await other.service.setRole(.viewer, of: user.id) },
            { try await other.service.setActive(false, user.id) },
            {
                bench.clock.advance(by: .milliseconds(1))
                other.clock.advance(by: .milliseconds(1))
                try await other.user("other@example.com")
            },
        ]
        for change in changes {
            _ = try await bench.service.users()
            #expect(try await bench.service.users().source == .cache)
            try await change()
            #expect(try await bench.service.users().source == .store)
        }
        let users = try await bench.service.users().users
        #expect(users.count == 2 && users[0].role == "viewer" && !users[0].isActive)
    }

    /// A user changes while the list is being read: the old list must not be shown from the cache.
    @Test func aChangeDuringTheReadingIsNotLost() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let cache = MeddlingCache(bench.cache)
        let directory = UserDirectory(store: bench.store, cache: cache)
        cache.whileStoring {
            var changed = user
            changed.name = "Zoë"
            do { try await bench.store.update(changed) } catch { Issue.record(error) }
        }
        #expect(try await directory.page(after: nil, limit: 10).users.map(\.name) == [user.name])
        cache.whileStoring {}
        let second = try await directory.page(after: nil, limit: 10)
        #expect(second.source == .store && second.users.map(\.name) == ["Zoë"])
        #expect(try await directory.page(after: nil, limit: 10).source == .cache)
    }

    @Test func whatIsNoListIsReadAnew() async throws {
        let bench = try await Bench()
        try await bench.user()
        await bench.cache.store([1, 2, 3], for: "accounts/users/1/100/", lifetime: .seconds(60))
        let page = try await bench.service.users()
        #expect(page.source == .store && page.users.count == 1)
    }
}

/// Something happens just before a value is stored.
private final class MeddlingCache: Cache {
    private let cache: any Cache
    private let deed = Mutex<@Sendable () async -> Void>({})

    init(_ cache: any Cache) { self.cache = cache }

    func whileStoring(_ deed: @escaping @Sendable () async -> Void) { self.deed.withLock { $0 = deed } }

    func values(for keys: [String]) async -> [[UInt8]?] { await cache.values(for: keys) }

    func store(_ value: [UInt8], for key: String, lifetime: Duration, tags: [String]) async {
        await deed.withLock { $0 }()
        await cache.store(value, for: key, lifetime: lifetime, tags: tags)
    }

    func remove(_ keys: [String]) async { await cache.remove(keys) }

    func invalidate(tag: String) async { await cache.invalidate(tag: tag) }
}
