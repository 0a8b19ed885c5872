import Accounts
import ChannelSDK
import Testing

extension AccountStoreConformance {
    static let keys: [ConformanceCase<any AccountStore>] = [
        .init("a key comes back as it was, by prefix and by user", keyComesBack),
        .init("a prefix is taken once", prefixTaken),
        .init("a revocation keeps its first moment, and touches no other key", revocation),
    ]

    @Sendable static func keyComesBack(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        let all = (0..<9).map { APIKey.sample($0, user: $0 % 3) }
        for key in all.reversed() { try await store.create(key) }
        for key in all { #expect(try await store.key(prefix: key.prefix) == key) }
        for user in 0..<3 {
            #expect(try await store.keys(of: .numbered(user)) == all.filter { $0.user == .numbered(user) })
        }
        #expect(try await store.key(prefix: "sb_") == nil)
        #expect(try await store.key(prefix: all[0].prefix.uppercased()) == nil)
        #expect(try await store.keys(of: .numbered(77)).isEmpty)
        try await backend.end(.clean)
    }

    @Sendable static func prefixTaken(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        let key = APIKey.sample(1, user: 1)
        try await store.create(key)
        let other = APIKey(
            prefix: key.prefix, hash: .init(bytes: [9]), user: .numbered(2), name: "other", scopes: [],
            createdAt: .distantPast)
        await #expect(throws: AccountStoreError.prefixTaken) { try await store.create(other) }
        #expect(try await store.key(prefix: key.prefix) == key)
        try await backend.end(.clean)
    }

    @Sendable static func revocation(_ backend: BackendUnderTest<any AccountStore>) async throws {
        let store = try await backend.open()
        let (first, second) = (APIKey.sample(1, user: 1), APIKey.sample(2, user: 1))
        try await store.create(first)
        try await store.create(second)
        var revoked = first
        revoked.revokedAt = Timestamp(milliseconds: 1000)
        #expect(try await store.revokeKey(prefix: first.prefix, at: Timestamp(milliseconds: 1000)) == revoked)
        #expect(try await store.revokeKey(prefix: first.prefix, at: Timestamp(milliseconds: 2000)) == revoked)
        #expect(try await store.revokeKey(prefix: "sb_nobody", at: Timestamp(milliseconds: 1)) == nil)
        #expect(try await store.keys(of: .numbered(1)) == [revoked, second])
        try await backend.end(.clean)
    }
}
