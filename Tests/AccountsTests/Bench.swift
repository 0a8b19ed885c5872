import ChannelSDK
import Foundation
import InProcess
import Logging
import PortConformance

@testable import Accounts

/// A service on a store in memory, with cheap hashes and a clock that stands still.
struct Bench {
    static let secret = Secret("a secret for tests, of 36 characters")
    static let olderSecret = Secret("an older secret, of 33 characters")
    static let password = Secret("correct horse battery")
    /// The cheapest that says something: the tests count computations, not time.
    static let cheap = ScryptParameters(logRounds: 4, blockSize: 1, parallelism: 1)!

    let clock = SteppedClock()
    let store: MemoryAccountStore
    let cache: InProcessCache
    let hasher: PasswordHasher
    let service: AccountService

    init(
        store: MemoryAccountStore = MemoryAccountStore(), open: Bool = true, parameters: ScryptParameters = cheap,
        room: Int = 1000, tokens: TokenConfiguration = Bench.tokens, log: LogBook = LogBook()
    ) async throws {
        self.store = store
        cache = InProcessCache(clock: clock)
        hasher = PasswordHasher(parameters: parameters, width: 2, room: room)
        service = AccountService(
            .init(isRegistrationOpen: open), store: store, tokens: try await Tokens(tokens, clock: clock),
            hasher: hasher, cache: cache, clock: clock, logger: log.logger)
    }

    static var tokens: TokenConfiguration { TokenConfiguration(secret: secret, previousSecret: olderSecret) }

    @discardableResult
    func user(_ email: String = "maria@example.com", role: Role = .sender) async throws -> User {
        try await service.create(NewUser(email: email, name: "Maria", password: Self.password), role: role)
    }

    func login(_ email: String = "maria@example.com", _ password: Secret = password) async throws -> String {
        try await service.login(email: email, password: password).token.revealed
    }

    /// Why `credential` is refused; nil: it is accepted.
    func refusal(of credential: String?) async throws -> Refusal.Reason? {
        do throws(AccountError) {
            _ = try await service.authenticate(authorization: credential.map { "Bearer " + $0 })
            return nil
        } catch {
            guard case .refused(let refusal) = error else { throw error }
            return refusal.reason
        }
    }
}
