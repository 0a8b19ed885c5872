public import ChannelSDK
import Logging

/// What a login gives.
public struct AccessToken: Sendable {
    public let token: Secret
    public let lifetime: Duration
}

extension AccountService {
    /// A token for who knows the password. Whether there is no such user, the password is wrong or the user is not
    /// active: the refusal is the same, and so is the work up to it, one hash (of the parameters that the user's has).
    public func login(email: String, password: Secret) async throws(AccountError) -> AccessToken {
        // No user has such a password, so this tells nothing of users.
        guard let given = Password(password.revealed) else { throw refused(.wrongPassword) }
        let user = try await granting {
            guard let address = try? EmailAddress(email) else { return nil as User? }
            return try await store.user(email: address)
        }
        let isRight = try await granting { try await hasher.verify(given, against: user?.passwordHash) }
        guard let user else { throw refused(.unknownUser) }
        guard isRight else { throw refused(.wrongPassword, user.id) }
        guard user.isActive else { throw refused(.inactiveUser, user.id) }
        await renewHash(of: user, given)
        return try await granting {
            AccessToken(token: Secret(try await tokens.issue(for: user)), lifetime: tokens.lifetime)
        }
    }

    /// A hash of other parameters than today's is made anew while the password is at hand. That it fails keeps nobody
    /// out: the next login tries again.
    private func renewHash(of user: User, _ password: Password) async {
        guard user.passwordHash.parameters != hasher.parameters else { return }
        do {
            let hash = try await hasher.hash(password)
            _ = try await change(user.id) { stored in
                // Unless the password was changed meanwhile.
                if stored.passwordHash == user.passwordHash { stored.passwordHash = hash }
            }
        } catch {
            logger.notice("a password's hash was not renewed", metadata: ["user": "\(user.id)", "error": "\(error)"])
        }
    }

    /// Notes the reason, and makes the error that tells none.
    func refused(_ reason: Refusal.Reason, _ user: UserID? = nil) -> AccountError {
        logger.info(
            "a login was refused", metadata: ["reason": "\(reason.rawValue)", "user": "\(user?.text ?? "unknown")"])
        return .refused(Refusal(reason))
    }
}
