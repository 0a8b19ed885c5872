public import ChannelSDK

/// A user as others may see it.
public struct UserSummary: Sendable, Hashable, Codable {
    public let id: String
    public let email: String
    public let name: String
    public let role: String
    public let account: String
    public let isActive: Bool
    /// Milliseconds since 1970.
    private let created: Int64

    public var createdAt: Timestamp { Timestamp(milliseconds: created) }

    public init(_ user: User) {
        id = user.id.text
        email = user.email.text
        name = user.name
        role = user.role.rawValue
        account = user.account
        isActive = user.isActive
        created = user.createdAt.milliseconds
    }
}

/// Some users in the order of their creation.
public struct UserPage: Sendable, Hashable {
    public enum Source: String, Sendable, Hashable {
        case store, cache
    }

    public let users: [UserSummary]
    /// Where the next page begins; nil: there is none.
    public let next: UserID?
    /// Whether the page was read now, or within the last minute.
    public let source: Source
}
