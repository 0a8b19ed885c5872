import ChannelSDK
import PortConformance
import Testing

@testable import Accounts

@Suite(.timeLimit(.minutes(10)))
struct SecrecyTests {
    /// All that happens with secrets at hand is logged at every level: none of them is in it.
    @Test func nothingSecretIsLogged() async throws {
        let log = LogBook()
        let bench = try await Bench(log: log)
        let service = bench.service
        let wish = NewUser(email: "maria@example.com", name: "Maria", password: Secret("canary password 1"))
        try await service.register(wish)
        try await service.register(wish)
        let token = try await bench.login("maria@example.com", wish.password)
        _ = try? await service.login(email: "maria@example.com", password: Secret("canary password 2"))
        _ = try? await service.login(email: "canary@example.com", password: Secret("canary password 3"))
        let user = try #require(bench.store.users.first)
        let key = try await service.createKey(for: user.id, name: "ci", scopes: [.sendNotifications])
        for credential in [token, token + "x", key.text.revealed, key.key.prefix + "_canary", "canary"] {
            _ = try? await service.authenticate(authorization: "Bearer " + credential)
        }
        try await service.revokeKey(prefix: key.key.prefix)
        bench.store.goDown()
        _ = try? await service.login(email: "maria@example.com", password: wish.password)
        let text = log.lines.joined(separator: "\n")
        #expect(log.lines.count >= 6)
        for secret in [
            "canary", token, key.text.revealed, String(key.text.revealed.suffix(52)), user.passwordHash.stored,
        ] {
            #expect(!text.contains(secret))
        }
        #expect(!text.contains(Bench.secret.revealed))
    }

    @Test func nothingSecretIsDescribed() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let token = try await bench.service.login(email: user.email.text, password: Bench.password)
        let created = try await bench.service.createKey(for: user.id, name: "ci", scopes: [.sendNotifications])
        let values: [Any] = [
            user, user.passwordHash, token, created, created.key, created.key.hash, Bench.tokens,
            NewUser(email: "m@example.com", name: "Maria", password: Bench.password),
            try #require(Password(Bench.password.revealed)), UserSummary(user), bench.store,
        ]
        let digest = String(try #require(user.passwordHash.stored.split(separator: "$").last))
        let secrets = [
            Bench.password.revealed, Bench.secret.revealed, Bench.olderSecret.revealed, token.token.revealed,
            created.text.revealed, String(created.text.revealed.suffix(52)), digest,
            "\(created.key.hash.bytes)",
        ]
        for value in values {
            var text = "\(value) \(String(reflecting: value))"
            dump(value, to: &text)
            for secret in secrets { #expect(!text.contains(secret), "in \(type(of: value))") }
        }
    }

    @Test(arguments: AccountStoreConformance.cases)
    func theStoreOfTheseTestsIsAStore(_ conformance: ConformanceCase<any AccountStore>) async throws {
        let store = MemoryAccountStore()
        try await conformance.run(on: BackendUnderTest(open: { store }, end: { _ in }))
    }
}
