public import Accounts
import ChannelSDK
import Testing

/// What every store of users and API keys must do.
public enum AccountStoreConformance {
    public static let cases: [ConformanceCase<any AccountStore>] = users + keys

    static let users: [ConformanceCase<any AccountStore>] = [
        .init("a user comes back as it was, by id and by address", userComesBack),
        .init("an address is taken in every case it can be written in", addressTaken),
        .init("of many who want one address at once, one gets it", oneOfMany),
        .init("users are listed in the order of their ids, page by page", usersInPages),
        .init("an update stores what may change, and raises the revision", updates),
        .init("of many updates of one revision, one is stored", oneUpdateOfMany),
        .init("the changes of users are counted, and nothing else", changesAreCounted),
        .init("users and keys outlive a crash", outlive),
    ]

    static let samples: [User] = (0..<12).map { .sample($0) }

    @Sendable static func userComesBack(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        for user in samples { try await store.create(user) }
        for user in samples {
            #expect(try await store.user(user.id) == user)
            #expect(try await store.user(email: user.email) == user)
            let found = try #require(try await store.user(email: EmailAddress(user.email.text.uppercased())))
            // Equal addresses may be written differently: this one is as it was stored.
            #expect(found.email.text == user.email.text && found == user)
        }
        #expect(try await store.user(UserID(at: .distantPast)) == nil)
        #expect(try await store.user(email: EmailAddress("nobody@example.com")) == nil)
        try await backend.end(.clean)
    }

    @Sendable static func addressTaken(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        try await store.create(.sample(1, email: "Maria@Example.com"))
        for (number, email) in ["Maria@Example.com", "maria@example.com", "MARIA@EXAMPLE.COM"].enumerated() {
            await #expect(throws: AccountStoreError.emailTaken) {
                try await store.create(.sample(2 + number, email: email))
            }
        }
        try await store.create(.sample(9, email: "maria@example.org"))
        #expect(try await store.users(after: nil, limit: 10).map(\.id) == [.numbered(1), .numbered(9)])
        try await backend.end(.clean)
    }

    @Sendable static func oneOfMany(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        let created = try await withThrowingTaskGroup(of: Int.self) { tasks in
            for number in 0..<16 {
                tasks.addTask {
                    do throws(AccountStoreError) {
                        try await store.create(.sample(number, email: number % 2 == 0 ? "a@b.example" : "A@B.example"))
                        return 1
                    } catch {
                        #expect(error == .emailTaken)
                        return 0
                    }
                }
            }
            return try await tasks.reduce(0, +)
        }
        #expect(created == 1)
        #expect(try await store.users(after: nil, limit: 100).count == 1)
        try await backend.end(.clean)
    }

    @Sendable static func usersInPages(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        #expect(try await store.users(after: nil, limit: 5).isEmpty)
        for user in samples.reversed() { try await store.create(user) }
        #expect(try await store.users(after: nil, limit: 5) == Array(samples[0..<5]))
        #expect(try await store.users(after: samples[4].id, limit: 5) == Array(samples[5..<10]))
        #expect(try await store.users(after: samples[9].id, limit: 5) == Array(samples[10..<12]))
        #expect(try await store.users(after: samples[11].id, limit: 5).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func updates(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        for user in samples { try await store.create(user) }
        var changed = samples[3]
        changed.name = "Zoë 🙂"
        changed.role = .admin
        changed.isActive = false
        changed.passwordHash = .sample(99)
        changed.credentialVersion = 7
        try await store.update(changed)
        let stored = try #require(try await store.user(changed.id))
        #expect(stored.revision == changed.revision + 1)
        #expect(stored == changed.at(revision: stored.revision))
        // The old revision is no good any more, and neither is a user that is not there.
        await #expect(throws: AccountStoreError.changedMeanwhile) { try await store.update(samples[3]) }
        await #expect(throws: AccountStoreError.changedMeanwhile) { try await store.update(.sample(50)) }
        #expect(try await store.user(changed.id) == stored)
        for user in samples where user.id != changed.id { #expect(try await store.user(user.id) == user) }
        try await backend.end(.clean)
    }

    @Sendable static func oneUpdateOfMany(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        try await store.create(.sample(1))
        let winners = try await withThrowingTaskGroup(of: Int?.self) { tasks in
            for number in 0..<16 {
                tasks.addTask {
                    var user = User.sample(1)
                    user.credentialVersion = 100 + number
                    do throws(AccountStoreError) {
                        try await store.update(user)
                        return user.credentialVersion
                    } catch {
                        #expect(error == .changedMeanwhile)
                        return nil
                    }
                }
            }
            return try await tasks.reduce(into: [Int]()) { if let winner = $1 { $0.append(winner) } }
        }
        #expect(winners.count == 1)
        #expect(try await store.user(.numbered(1))?.credentialVersion == winners.first)
        try await backend.end(.clean)
    }

    @Sendable static func changesAreCounted(_ backend: BackendUnderTest<any AccountStore>) async throws {
        var store = try await backend.open()
        var seen = [try await store.userChanges()]
        for number in 1...3 {
            try await store.create(.sample(number))
            seen.append(try await store.userChanges())
        }
        try await store.update(.sample(2))
        let count = try await store.userChanges()
        #expect(Set(seen + [count]).count == 5)
        // What fails changes no user, and a key is none.
        await #expect(throws: AccountStoreError.emailTaken) {
            try await store.create(.sample(9, email: User.sample(1).email.text))
        }
        await #expect(throws: AccountStoreError.changedMeanwhile) { try await store.update(.sample(2)) }
        try await store.create(APIKey.sample(1, user: 1))
        _ = try await store.revokeKey(prefix: APIKey.sample(1, user: 1).prefix, at: Timestamp(milliseconds: 77))
        #expect(try await store.userChanges() == count)
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.userChanges() == count)
        try await backend.end(.clean)
    }

    @Sendable static func outlive(_ backend: BackendUnderTest<any AccountStore>) async throws {
        var store = try await backend.open()
        try await store.create(.sample(1))
        try await store.create(APIKey.sample(1, user: 1))
        _ = try await store.revokeKey(prefix: APIKey.sample(1, user: 1).prefix, at: Timestamp(milliseconds: 77))
        var changed = User.sample(1)
        changed.name = "other"
        try await store.update(changed)
        store = try await backend.reopen(after: .abrupt)
        #expect(try await store.user(.numbered(1)) == changed.at(revision: 2))
        #expect(try await store.keys(of: .numbered(1)).map(\.revokedAt) == [Timestamp(milliseconds: 77)])
        try await backend.end(.clean)
    }
}
