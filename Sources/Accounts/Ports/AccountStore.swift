public import ChannelSDK

/// Where users and API keys are: beside the notifications, in the embedded file or in PostgreSQL.
public protocol AccountStore: Sendable {
    /// - Throws: ``AccountStoreError/emailTaken`` when a user has the address, however its case is written.
    func create(_ user: User) async throws(AccountStoreError)

    func user(_ id: UserID) async throws(AccountStoreError) -> User?

    /// By the address, without regard to case.
    func user(email: EmailAddress) async throws(AccountStoreError) -> User?

    /// In the order of their ids, those behind `after`.
    func users(after: UserID?, limit: Int) async throws(AccountStoreError) -> [User]

    /// A number that every creation and every update of a user changes, whoever carries it out, in the same transaction:
    /// what was read after it holds for as long as it stays.
    func userChanges() async throws(AccountStoreError) -> Int

    /// Stores name, role, activity, password hash and credential version, and raises the revision.
    /// - Throws: ``AccountStoreError/changedMeanwhile`` unless `user` has the stored revision.
    func update(_ user: User) async throws(AccountStoreError)

    /// - Throws: ``AccountStoreError/prefixTaken``.
    func create(_ key: APIKey) async throws(AccountStoreError)

    func key(prefix: String) async throws(AccountStoreError) -> APIKey?

    /// Revoked and expired ones too, oldest first.
    func keys(of user: UserID) async throws(AccountStoreError) -> [APIKey]

    /// The moment of the first revocation stays.
    /// - Returns: the key as it is now; nil: there is none.
    func revokeKey(prefix: String, at moment: Timestamp) async throws(AccountStoreError) -> APIKey?
}

public enum AccountStoreError: Error, Sendable, Hashable {
    case emailTaken
    case prefixTaken
    /// The user is gone, or somebody else has changed it since it was read: read it again.
    case changedMeanwhile
    /// Not reachable or closing: try again later. The change may have been stored.
    case unavailable(String)
    /// A repeat would fail the same way: a bug, or a damaged store.
    case failed(String)
}
