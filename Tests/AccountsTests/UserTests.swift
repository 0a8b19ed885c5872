import ChannelSDK
import PortConformance
import Testing

@testable import Accounts

@Suite(.timeLimit(.minutes(10)))
struct UserTests {
    @Test func registrationCanBeClosed() async throws {
        let bench = try await Bench(open: false)
        let wish = NewUser(email: "maria@example.com", name: "Maria", password: Bench.password)
        await #expect(throws: AccountError.registrationClosed) { try await bench.service.register(wish) }
        #expect(bench.store.users.isEmpty && bench.hasher.computed == 0)
    }

    @Test func whoRegistersIsNeverAdmin() async throws {
        let configuration = AccountService.Configuration(isRegistrationOpen: true, registrationRole: .admin)
        #expect(configuration.registrationRole == .sender)
        let bench = try await Bench()
        try await bench.service.register(NewUser(email: "m@example.com", name: "Maria", password: Bench.password))
        let user = try #require(bench.store.users.first)
        #expect(user.role == .sender && user.isActive && user.account == user.id.text)
    }

    @Test(arguments: [
        ("maria", "Maria", "correct horse battery", ["email"]),
        ("maria@@example.com", "Maria", "correct horse battery", ["email"]),
        ("<maria>@example.com", "Maria", "correct horse battery", ["email"]),
        ("ma,ria@example.com", "Maria", "correct horse battery", ["email"]),
        ("ma..ria@example.com", "Maria", "correct horse battery", ["email"]),
        (#""maria"@example.com"#, "Maria", "correct horse battery", ["email"]),
        ("maria@example..com", "Maria", "correct horse battery", ["email"]),
        ("maria@-example.com", "Maria", "correct horse battery", ["email"]),
        ("@example.com", "Maria", "correct horse battery", ["email"]),
        ("maria@exämple.com", "Maria", "correct horse battery", ["email"]),
        ("ma ria@example.com", "Maria", "correct horse battery", ["email"]),
        ("maria@example.com\r\nBcc: x@y.z", "Maria", "correct horse battery", ["email"]),
        (String(repeating: "a", count: 65) + "@example.com", "Maria", "correct horse battery", ["email"]),
        ("m@" + String(repeating: "a.", count: 127) + "com", "Maria", "correct horse battery", ["email"]),
        ("maria@example.com", " ", "correct horse battery", ["name"]),
        ("maria@example.com", "", "correct horse battery", ["name"]),
        ("maria@example.com", "Ma\u{7}ria", "correct horse battery", ["name"]),
        ("maria@example.com", String(repeating: "x", count: 201), "correct horse battery", ["name"]),
        ("maria@example.com", "Maria", "short", ["password"]),
        ("maria@example.com", "Maria", "Maria@Example.Com", ["password"]),
        ("", "", "", ["email", "name", "password"]),
    ])
    func badFieldsAreNamed(email: String, name: String, password: String, fields: [String]) async throws {
        let bench = try await Bench()
        do throws(AccountError) {
            try await bench.service.register(NewUser(email: email, name: name, password: Secret(password)))
            Issue.record("it was taken")
        } catch {
            guard case .invalid(let problems) = error else { throw error }
            #expect(problems.map(\.field) == fields)
            #expect(password.isEmpty || !"\(problems)".contains(password))
        }
        #expect(bench.store.users.isEmpty && bench.hasher.computed == 0)
    }

    /// A hash of other parameters is replaced while the password is at hand, and tokens stay good.
    @Test func hashesAreRenewedAtLogin() async throws {
        let store = MemoryAccountStore()
        let before = try await Bench(store: store)
        let user = try await before.user()
        let token = try await before.login()
        let dearer = try #require(ScryptParameters(logRounds: 5, blockSize: 1, parallelism: 1))
        let after = try await Bench(store: store, parameters: dearer)
        await #expect(throws: AccountError.self) {
            try await after.login("maria@example.com", Secret("a wrong password"))
        }
        #expect(try await store.user(user.id)?.passwordHash == user.passwordHash)
        _ = try await after.login()
        let renewed = try #require(try await store.user(user.id))
        #expect(renewed.passwordHash.parameters == dearer && renewed.credentialVersion == user.credentialVersion)
        let computed = after.hasher.computed
        _ = try await after.login()
        #expect(after.hasher.computed == computed + 1)
        #expect(try await after.refusal(of: token) == nil)
    }

    @Test func anotherPasswordEndsTokens() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let token = try await bench.login()
        let key = try await bench.service.createKey(for: user.id, name: "ci", scopes: [.sendNotifications])
        try await bench.service.setPassword(Secret("quite another password"), of: user.id)
        #expect(try await bench.refusal(of: token) == .superseded)
        #expect(try await bench.refusal(of: key.text.revealed) == nil)
        await #expect(throws: AccountError.self) { try await bench.login() }
        #expect(try await bench.refusal(of: bench.login("maria@example.com", Secret("quite another password"))) == nil)
        await #expect(throws: AccountError.self) { try await bench.service.setPassword(Secret("short"), of: user.id) }
        await #expect(throws: AccountError.unknownUser) {
            try await bench.service.setPassword(Bench.password, of: UserID(at: .distantPast))
        }
    }

    @Test func anInactiveUserIsRefusedAtOnce() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let token = try await bench.login()
        let key = try await bench.service.createKey(for: user.id, name: "ci", scopes: [.sendNotifications])
        #expect(try await bench.refusal(of: token) == nil)
        try await bench.service.setActive(false, user.id)
        #expect(try await bench.refusal(of: token) == .inactiveUser)
        #expect(try await bench.refusal(of: key.text.revealed) == .inactiveUser)
        try await bench.service.setActive(true, user.id)
        #expect(try await bench.refusal(of: token) == nil)
    }

    /// Requests are not a read of the store each; what another replica changes is seen five seconds later.
    @Test func usersAreRememberedForFiveSeconds() async throws {
        let bench = try await Bench()
        let user = try await bench.user()
        let token = try await bench.login()
        #expect(try await bench.refusal(of: token) == nil)
        let reads = bench.store.reads
        for _ in 0..<100 { #expect(try await bench.refusal(of: token) == nil) }
        #expect(bench.store.reads == reads)
        let elsewhere = try await Bench(store: bench.store)
        try await elsewhere.service.setActive(false, user.id)
        bench.clock.advance(by: .milliseconds(4999))
        #expect(try await bench.refusal(of: token) == nil)
        bench.clock.advance(by: .milliseconds(1))
        #expect(try await bench.refusal(of: token) == .inactiveUser)
    }

    @Test func onlyAdminsReachOtherAccounts() {
        for role in Role.allCases {
            let principal = Principal(
                account: "a", user: UserID(at: .distantPast), role: role, scopes: role.scopes, credential: .token)
            #expect(principal.may(.readNotifications, in: "a"))
            #expect(principal.may(.readNotifications, in: "b") == (role == .admin))
            #expect(principal.may(.sendNotifications, in: "a") == (role != .viewer))
        }
        // Nor does a key of an admin's that was not given to.
        let key = Principal(
            account: "a", user: UserID(at: .distantPast), role: .admin, scopes: [.readNotifications],
            credential: .key("sb_x"))
        #expect(key.may(.readNotifications, in: "a") && !key.may(.readNotifications, in: "b"))
    }

    @Test func idsSortByTime() {
        let ids = [0, 1, 31, 32, 1 << 20, 1_700_000_000_000, 1 << 47].map { UserID(at: Timestamp(milliseconds: $0)) }
        #expect(ids == ids.sorted() && Set(ids).count == ids.count)
        for id in ids { #expect(UserID(id.text) == id) }
        for text in ["", "usr_", ids[0].text + "0", ids[0].text.uppercased(), "key_" + ids[0].text.dropFirst(4)] {
            #expect(UserID(text) == nil)
        }
    }

    @Test func aStoreThatIsDownIsNoRefusal() async throws {
        let bench = try await Bench()
        try await bench.user()
        let token = try await bench.login()
        bench.store.goDown()
        await #expect(throws: AccountError.unavailable("down")) { try await bench.login() }
        await #expect(throws: AccountError.unavailable("down")) {
            try await bench.service.authenticate(authorization: "Bearer " + token)
        }
    }
}
