public import ChannelSDK

// What stores keep of users and keys as plain texts, and how it is read again.

extension User {
    /// From the columns of a row; nil when one of them is none of ours: the row is damaged, or of a newer version.
    public init?(
        storedID: String, account: String, email: String, name: String, role: String, isActive: Bool,
        passwordHash: String, credentialVersion: Int, createdAt: Timestamp, revision: Int
    ) {
        guard let id = UserID(storedID), let email = try? EmailAddress(email), let role = Role(rawValue: role),
            let hash = PasswordHash(stored: passwordHash)
        else { return nil }
        self.init(
            id: id, account: account, email: email, name: name, role: role, isActive: isActive, passwordHash: hash,
            credentialVersion: credentialVersion, createdAt: createdAt, revision: revision)
    }
}

extension Set<Scope> {
    /// Sorted and separated by commas.
    public var stored: String { sorted().map(\.rawValue).joined(separator: ",") }

    /// A scope of a newer version is left out: a key loses what nobody here understands.
    public init(stored text: String) {
        self = Set(text.split(separator: ",").compactMap { Scope(rawValue: String($0)) })
    }
}
