public import ChannelSDK

/// Somebody who can log in, and for whom API keys act.
public struct User: Sendable, Hashable {
    public let id: UserID
    /// Whose notifications the user sees. One's own unless several share one.
    public let account: String
    public let email: EmailAddress
    public var name: String
    public var role: Role
    /// False: neither the password nor any token or key of the user is accepted.
    public var isActive: Bool
    public var passwordHash: PasswordHash
    /// Tokens carry it: raising it refuses all that were given before.
    public var credentialVersion: Int
    public let createdAt: Timestamp
    /// Raised by the store with each update, which is refused when somebody else's came between.
    public let revision: Int

    public init(
        id: UserID, account: String, email: EmailAddress, name: String, role: Role, isActive: Bool = true,
        passwordHash: PasswordHash, credentialVersion: Int = 1, createdAt: Timestamp, revision: Int = 1
    ) {
        self.id = id
        self.account = account
        self.email = email
        self.name = name
        self.role = role
        self.isActive = isActive
        self.passwordHash = passwordHash
        self.credentialVersion = credentialVersion
        self.createdAt = createdAt
        self.revision = revision
    }
}
