/// What a user may do.
public enum Role: String, Sendable, Hashable, CaseIterable {
    /// Everything, in every account.
    case admin
    /// Sends and reads in the own account.
    case sender
    /// Reads in the own account.
    case viewer

    public var scopes: Set<Scope> {
        switch self {
        case .admin: Set(Scope.allCases)
        case .sender: [.sendNotifications, .readNotifications, .readEvents]
        case .viewer: [.readNotifications, .readEvents]
        }
    }
}

/// One thing that a request may do. An API key has some of those that its user's role has.
public enum Scope: String, Sendable, Hashable, CaseIterable, Comparable {
    case sendNotifications = "notifications:send"
    case readNotifications = "notifications:read"
    /// Decides about deliveries that are held.
    case resolveNotifications = "notifications:resolve"
    case readEvents = "events:read"
    /// The lists of opt-outs are the host's, not an account's: to see who is on them, and to change them, are rights
    /// that only a key of an admin's can have.
    case readOptOuts = "opt-outs:read"
    case changeOptOuts = "opt-outs:write"
    case readUsers = "users:read"
    /// What the host counts, of all accounts together.
    case readMetrics = "metrics:read"
    /// Has the host read its configuration anew.
    case reloadConfiguration = "host:reload"
    /// All of it in every account, not in the own one only.
    case everyAccount = "accounts:all"

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}
