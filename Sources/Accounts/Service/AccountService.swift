public import ChannelSDK
public import Logging

/// Users, their tokens and their machines' keys.
public final class AccountService: Sendable {
    public struct Configuration: Sendable {
        /// Whether anybody may make a user for himself.
        public var isRegistrationOpen: Bool
        /// What such a user may do. Never admin.
        public var registrationRole: Role

        public init(isRegistrationOpen: Bool = false, registrationRole: Role = .sender) {
            self.isRegistrationOpen = isRegistrationOpen
            self.registrationRole = registrationRole == .admin ? .sender : registrationRole
        }
    }

    /// How long another replica's change of a user or a key may stay unseen when requests are authenticated.
    static let memory = Duration.seconds(5)
    /// How long after the store's last word a user or a key is good while the store does not answer: accepting goes on
    /// without it.
    static let grace = Duration.seconds(15 * 60)

    let configuration: Configuration
    let store: any AccountStore
    let tokens: Tokens
    let hasher: PasswordHasher
    let clock: any WallClock
    let logger: Logger
    let directory: UserDirectory
    let standings: Recent<Standing>
    let keys: Recent<APIKey>

    public init(
        _ configuration: Configuration, store: any AccountStore, tokens: Tokens,
        hasher: PasswordHasher = PasswordHasher(), cache: any Cache, clock: any WallClock, logger: Logger
    ) {
        self.configuration = configuration
        self.store = store
        self.tokens = tokens
        self.hasher = hasher
        self.clock = clock
        self.logger = logger
        directory = UserDirectory(store: store, cache: cache)
        standings = Recent(.init(lifetime: Self.memory, grace: Self.grace), clock: clock)
        keys = Recent(.init(lifetime: Self.memory, grace: Self.grace), clock: clock)
    }

    /// Carries out `body`; whatever it throws becomes an ``AccountError``.
    func granting<Value>(_ body: () async throws -> Value) async throws(AccountError) -> Value {
        do {
            return try await body()
        } catch {
            throw AccountError(error)
        }
    }
}

/// What of a user decides about a request.
struct Standing: Sendable {
    let id: UserID
    let account: String
    let role: Role
    let isActive: Bool
    let credentialVersion: Int

    init(_ user: User) {
        id = user.id
        account = user.account
        role = user.role
        isActive = user.isActive
        credentialVersion = user.credentialVersion
    }
}
