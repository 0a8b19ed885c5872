import API
import Accounts
import ChannelSDK
import HTTPTypes
import HummingbirdTesting
import InProcess
import Logging
import NIOCore
import SQLiteBackend
import Synchronization
import Testing

extension LiveAPI {
    /// Of every user in tests.
    static let password = Secret("correct horse battery")

    /// A host with accounts, and the users admin@, sender@ and viewer@example.com.
    static func runWithUsers(
        open: Bool = true, checks: [APIHealth.Check] = [], limiter: RequestLimiter? = nil, test: TestingSetup = .router,
        _ body: @escaping @Sendable (LiveAPI, AccountService) async throws -> Void
    ) async throws {
        let made = Mutex<AccountService?>(nil)
        try await LiveAPI.run(
            checks: checks,
            accounts: { backend in
                let service = try await Self.accounts(backend, open: open)
                for role in Role.allCases {
                    let email = "\(role.rawValue)@example.com"
                    try await service.create(NewUser(email: email, name: "N", password: password), role: role)
                }
                made.withLock { $0 = service }
                return service
            }, limiter: limiter, test: test
        ) { api in try await body(api, made.withLock { $0! }) }
    }

    /// With passwords that are cheap to check.
    static func accounts(
        _ backend: SQLiteBackend, open: Bool = false, clock: any WallClock = SQLiteBackend.SystemClock()
    ) async throws -> AccountService {
        let tokens = TokenConfiguration(secret: Secret("a secret for tests, of 36 characters"))
        let cheap = ScryptParameters(logRounds: 4, blockSize: 1, parallelism: 1)!
        return AccountService(
            .init(isRegistrationOpen: open), store: backend.accounts, tokens: try await Tokens(tokens, clock: clock),
            hasher: PasswordHasher(parameters: cheap), cache: InProcessCache(clock: clock), clock: clock,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }))
    }

    func request(
        _ method: HTTPTypes.HTTPRequest.Method, _ path: String, as credential: Secret?, _ body: String = ""
    ) async throws -> TestResponse {
        var headers: HTTPFields = [.contentType: "application/json"]
        if let credential { headers[.authorization] = "Bearer \(credential.revealed)" }
        return try await client.execute(uri: path, method: method, headers: headers, body: ByteBuffer(string: body))
    }
}
