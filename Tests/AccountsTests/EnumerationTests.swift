import ChannelSDK
import Testing

@testable import Accounts

/// Nobody learns who has a user here: not by what is said, nor by the work that it takes.
@Suite(.timeLimit(.minutes(10)))
struct EnumerationTests {
    /// The error and the hashes that were computed for it.
    private func outcome(
        _ bench: Bench, _ body: () async throws(AccountError) -> Void
    ) async -> (error: AccountError?, hashes: Int) {
        let before = bench.hasher.computed
        do throws(AccountError) {
            try await body()
            return (nil, bench.hasher.computed - before)
        } catch {
            return (error, bench.hasher.computed - before)
        }
    }

    @Test(arguments: [
        ("maria@example.com", "a wrong password", Refusal.Reason.wrongPassword),
        ("nobody@example.com", "a wrong password", .unknownUser),
        ("nobody@example.com", "correct horse battery", .unknownUser),
        ("gone@example.com", "correct horse battery", .inactiveUser),
        ("gone@example.com", "a wrong password", .wrongPassword),
        ("no address", "a wrong password", .unknownUser),
        ("", "a wrong password", .unknownUser),
        ("maria@example.com", "x", .wrongPassword),
    ])
    func everyLoginIsOneHash(email: String, password: String, reason: Refusal.Reason) async throws {
        let bench = try await Bench()
        try await bench.user()
        let gone = try await bench.user("gone@example.com")
        try await bench.service.setActive(false, gone.id)
        let refused = await outcome(bench) { () throws(AccountError) in
            _ = try await bench.service.login(email: email, password: Secret(password))
        }
        #expect(refused.error == .refused(Refusal(reason)))
        #expect(refused.hashes == 1)
        let accepted = await outcome(bench) { () throws(AccountError) in
            _ = try await bench.service.login(email: "MARIA@example.com", password: Bench.password)
        }
        #expect(accepted.error == nil && accepted.hashes == 1)
    }

    @Test func registeringATakenAddressLooksTheSame() async throws {
        let bench = try await Bench()
        func register(_ email: String, _ password: Secret) async -> (error: AccountError?, hashes: Int) {
            await outcome(bench) { () throws(AccountError) in
                try await bench.service.register(NewUser(email: email, name: "x", password: password))
            }
        }
        let first = await register("maria@example.com", Bench.password)
        let second = await register("Maria@Example.com", Secret("somebody else's password"))
        #expect(first.error == nil && second.error == nil)
        #expect(first.hashes == 1 && second.hashes == 1)
        #expect(bench.store.users.count == 1)
        // The first one's password holds.
        _ = try await bench.login()
        await #expect(throws: AccountError.self) {
            try await bench.login("maria@example.com", Secret("somebody else's password"))
        }
    }

    @Test func passwordsThatNobodyHasTakeNoWork() async throws {
        let bench = try await Bench()
        try await bench.user()
        for email in ["maria@example.com", "nobody@example.com"] {
            for password in ["", String(repeating: "x", count: 1025)] {
                let refused = await outcome(bench) { () throws(AccountError) in
                    _ = try await bench.service.login(email: email, password: Secret(password))
                }
                #expect(refused.error == .refused(Refusal(.wrongPassword)) && refused.hashes == 0)
            }
        }
    }
}
