import ChannelSDK
import Logging

extension AccountService {
    /// Who a request is from, by its `Authorization` header: `Bearer` with a token or an API key.
    /// - Throws: ``AccountError/refused(_:)``, whose reason is for logs, and errors of the store.
    public func authenticate(authorization: String?) async throws(AccountError) -> Principal {
        do {
            return try await principal(authorization)
        } catch {
            let error = AccountError(error)
            if case .refused(let refusal) = error {
                logger.debug("a request was refused", metadata: ["reason": "\(refusal.reason.rawValue)"])
            }
            throw error
        }
    }

    /// Whether `Authorization` is in the shape of a key that was not seen here before: then the store must be asked about
    /// it, good or not. A token is known by its signature to be ours before anything is asked.
    public func namesUnknownKey(authorization: String) -> Bool {
        guard let credential = try? Self.credential(in: authorization), APIKeyText.isMarked(credential),
            let key = APIKeyText(credential)
        else { return false }
        return !keys.hasSeen(key.prefix)
    }

    private func principal(_ authorization: String?) async throws -> Principal {
        let credential = try Self.credential(in: authorization)
        return APIKeyText.isMarked(credential)
            ? try await principal(key: credential) : try await principal(token: credential)
    }

    private static func credential(in authorization: String?) throws -> String {
        guard let authorization, !authorization.isEmpty else { throw Refusal.Reason.noCredentials }
        // Before anything is split or compared.
        guard authorization.utf8.count <= Tokens.maxBytes + 16 else { throw Refusal.Reason.tokenTooLong }
        let words = authorization.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
        guard words.count == 2, words[0].lowercased() == "bearer" else { throw Refusal.Reason.unknownScheme }
        return String(words[1])
    }

    private func principal(token: String) async throws -> Principal {
        let claims = try await tokens.verify(token)
        guard let id = UserID(claims.subject) else { throw Refusal.Reason.unknownUser }
        let standing = try await standing(of: id)
        guard standing.credentialVersion == claims.credentialVersion else { throw Refusal.Reason.superseded }
        return Principal(
            account: standing.account, user: id, role: standing.role, scopes: standing.role.scopes, credential: .token)
    }

    private func principal(key text: String) async throws -> Principal {
        guard let given = APIKeyText(text) else { throw Refusal.Reason.unknownKey }
        let found = try await keys.value(for: given.prefix) { [store] in try await store.key(prefix: given.prefix) }
        guard let key = found else { throw Refusal.Reason.unknownKey }
        guard key.hash.matches(APIKey.Hash(of: given.text)) else { throw Refusal.Reason.wrongKey }
        guard key.revokedAt == nil else { throw Refusal.Reason.revokedKey }
        if let end = key.expiresAt, end <= clock.now() { throw Refusal.Reason.expiredKey }
        let standing = try await standing(of: key.user)
        return Principal(
            account: standing.account, user: key.user, role: standing.role,
            scopes: key.scopes.intersection(standing.role.scopes), credential: .key(key.prefix))
    }

    /// Of an active user.
    private func standing(of id: UserID) async throws -> Standing {
        let found = try await standings.value(for: id.text) { [store] in try await store.user(id).map { Standing($0) } }
        guard let standing = found else { throw Refusal.Reason.unknownUser }
        guard standing.isActive else { throw Refusal.Reason.inactiveUser }
        return standing
    }
}
