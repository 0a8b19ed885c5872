public import ChannelSDK
import Logging

/// A new key, with the only copy of its text that there will ever be.
public struct CreatedKey: Sendable {
    public let key: APIKey
    public let text: Secret
}

extension AccountService {
    /// Makes a key that acts for `user`.
    /// - Parameters:
    ///   - name: what it is for, in people's words.
    ///   - scopes: some of those that the user's role has.
    ///   - lifetime: nil: it does not expire.
    public func createKey(
        for user: UserID, name: String, scopes: Set<Scope>, lifetime: Duration? = nil
    ) async throws(AccountError) -> CreatedKey {
        guard let owner = try await self.user(user) else { throw .unknownUser }
        let problems = Self.problems(name, scopes, lifetime, of: owner)
        guard problems.isEmpty else { throw .invalid(problems) }
        let now = clock.now()
        return try await granting {
            // Of 2^50 prefixes one that is taken is not met twice.
            for _ in 0..<3 {
                let text = APIKeyText.make()
                let key = APIKey(
                    prefix: text.prefix, hash: APIKey.Hash(of: text.text), user: user, name: name, scopes: scopes,
                    createdAt: now, expiresAt: lifetime.map { now + $0 })
                do throws(AccountStoreError) {
                    try await store.create(key)
                    return CreatedKey(key: key, text: Secret(text.text))
                } catch {
                    guard error == .prefixTaken else { throw error }
                }
            }
            throw AccountStoreError.prefixTaken
        }
    }

    public func keys(of user: UserID) async throws(AccountError) -> [APIKey] {
        try await granting { try await store.keys(of: user) }
    }

    /// Refused at once by this process, and within five seconds by others. A key that is revoked already stays so.
    /// - Throws: ``AccountError/unknownKey``.
    @discardableResult
    public func revokeKey(prefix: String) async throws(AccountError) -> APIKey {
        defer { keys.forget(prefix) }
        let key = try await granting { try await store.revokeKey(prefix: prefix, at: clock.now()) }
        guard let key else { throw .unknownKey }
        logger.info("an API key was revoked", metadata: ["prefix": "\(key.prefix)", "user": "\(key.user)"])
        return key
    }

    private static func problems(
        _ name: String, _ scopes: Set<Scope>, _ lifetime: Duration?, of owner: User
    ) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        if let problem = nameProblem(name) { problems.append(FieldProblem(field: "name", message: problem)) }
        if scopes.isEmpty { problems.append(FieldProblem(field: "scopes", message: "must name at least one")) }
        let missing = scopes.subtracting(owner.role.scopes).sorted().map(\.rawValue).joined(separator: ", ")
        if !missing.isEmpty {
            let message = "has what the role \(owner.role.rawValue) has not: \(missing)"
            problems.append(FieldProblem(field: "scopes", message: message))
        }
        if let lifetime, lifetime <= .zero {
            problems.append(FieldProblem(field: "expires", message: "must be in the future"))
        }
        return problems
    }
}
