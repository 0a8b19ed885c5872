/// Who a request is from, and what it may do.
public struct Principal: Sendable, Hashable {
    public enum Credential: Sendable, Hashable {
        case token
        /// An API key, by its prefix.
        case key(String)
        /// None: the host has no accounts, and everybody who reaches it is its operator.
        case host
    }

    public let account: String
    public let user: UserID
    /// The user's. It is more than a key may do: what is allowed is in ``scopes``.
    public let role: Role
    public let scopes: Set<Scope>
    public let credential: Credential

    public init(account: String, user: UserID, role: Role, scopes: Set<Scope>, credential: Credential) {
        self.account = account
        self.user = user
        self.role = role
        self.scopes = scopes
        self.credential = credential
    }

    /// Whoever asks a host without accounts.
    public static func host(account: String) -> Self {
        Self(
            account: account, user: UserID("usr_" + String(repeating: "0", count: 26))!, role: .admin,
            scopes: Role.admin.scopes, credential: .host)
    }

    public func may(_ scope: Scope) -> Bool { scopes.contains(scope) }

    /// Whether `scope` is allowed on what belongs to `account`.
    public func may(_ scope: Scope, in account: String) -> Bool {
        may(scope) && (account == self.account || may(.everyAccount))
    }
}
