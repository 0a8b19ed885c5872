public import ChannelSDK
import Logging

/// What a new user is made of, as somebody wrote it.
public struct NewUser: Sendable, CustomStringConvertible, CustomReflectable {
    public var email: String
    public var name: String
    public var password: Secret

    public init(email: String, name: String, password: Secret) {
        self.email = email
        self.name = name
        self.password = password
    }

    public var description: String { "a new user" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

extension AccountService {
    /// Makes a user for whoever asks. The answer, and the work up to it, are the same when the address is taken: nobody
    /// learns so who has a user here.
    public func register(_ wish: NewUser) async throws(AccountError) {
        guard configuration.isRegistrationOpen else { throw .registrationClosed }
        do throws(AccountError) {
            let user = try await create(wish, role: configuration.registrationRole, account: nil)
            logger.info("a user has registered", metadata: ["user": "\(user.id)"])
        } catch {
            guard error == .emailTaken else { throw error }
            logger.info("a registration was refused: the address is taken")
        }
    }

    /// For operators.
    /// - Parameter account: of those that share one; nil: one of the user's own.
    /// - Throws: ``AccountError/emailTaken``, ``AccountError/invalid(_:)``.
    @discardableResult
    public func create(_ wish: NewUser, role: Role, account: String? = nil) async throws(AccountError) -> User {
        let (email, password) = try Self.check(wish, account: account)
        return try await granting {
            let hash = try await hasher.hash(password)
            let now = clock.now()
            let id = UserID(at: now)
            let user = User(
                id: id, account: account ?? id.text, email: email, name: wish.name, role: role, passwordHash: hash,
                createdAt: now)
            do throws(AccountStoreError) {
                try await store.create(user)
            } catch {
                await directory.usersChanged()
                throw error
            }
            await directory.usersChanged()
            return user
        }
    }

    public func user(_ id: UserID) async throws(AccountError) -> User? {
        try await granting { try await store.user(id) }
    }

    public func user(email: EmailAddress) async throws(AccountError) -> User? {
        try await granting { try await store.user(email: email) }
    }

    /// - Parameter limit: from 1 to 1000.
    public func users(after: UserID? = nil, limit: Int = 100) async throws(AccountError) -> UserPage {
        try await granting { try await directory.page(after: after, limit: min(max(1, limit), 1000)) }
    }

    /// Seen at once by this process, and within five seconds by others.
    @discardableResult
    public func setRole(_ role: Role, of id: UserID) async throws(AccountError) -> User {
        try await change(id) { $0.role = role }
    }

    /// An inactive user's password, tokens and keys are refused.
    @discardableResult
    public func setActive(_ isActive: Bool, _ id: UserID) async throws(AccountError) -> User {
        try await change(id) { $0.isActive = isActive }
    }

    /// Tokens that were given before are refused from now on; keys go on.
    @discardableResult
    public func setPassword(_ text: Secret, of id: UserID) async throws(AccountError) -> User {
        guard let user = try await user(id) else { throw .unknownUser }
        guard Password.problem(of: text.revealed, email: user.email) == nil, let password = Password(text.revealed)
        else {
            let problem = Password.problem(of: text.revealed, email: user.email) ?? "can't be used"
            throw .invalid([FieldProblem(field: "password", message: problem)])
        }
        let hash = try await granting { try await hasher.hash(password) }
        return try await change(id) { user in
            user.passwordHash = hash
            user.credentialVersion += 1
        }
    }

    /// Reads, changes and stores the user, again when somebody else came between.
    func change(_ id: UserID, _ edit: (inout User) -> Void) async throws(AccountError) -> User {
        try await granting {
            defer { standings.forget(id.text) }
            for _ in 0..<5 {
                guard var user = try await store.user(id) else { throw AccountError.unknownUser }
                edit(&user)
                do throws(AccountStoreError) {
                    try await store.update(user)
                } catch {
                    if error == .changedMeanwhile { continue }
                    await directory.usersChanged()
                    throw error
                }
                await directory.usersChanged()
                return user
            }
            throw AccountError.changedMeanwhile
        }
    }

    private static func check(
        _ wish: NewUser, account: String?
    ) throws(AccountError) -> (EmailAddress, Password) {
        var problems: [FieldProblem] = []
        var email: EmailAddress?
        do throws(EmailAddress.Problem) {
            email = try EmailAddress(wish.email)
        } catch {
            problems.append(FieldProblem(field: "email", message: error.description))
        }
        if let problem = nameProblem(wish.name) { problems.append(FieldProblem(field: "name", message: problem)) }
        if let problem = Password.problem(of: wish.password.revealed, email: email) {
            problems.append(FieldProblem(field: "password", message: problem))
        }
        if let account, !(1...128).contains(account.utf8.count) || account.utf8.contains(where: { $0 < 0x21 }) {
            problems.append(
                FieldProblem(field: "account", message: "must be 1 to 128 bytes without spaces or control characters"))
        }
        guard problems.isEmpty, let email, let password = Password(wish.password.revealed) else {
            throw .invalid(problems)
        }
        return (email, password)
    }

    /// Of a user or a key.
    static func nameProblem(_ name: String) -> String? {
        let isPlain = name.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        guard isPlain else { return "must not have control characters" }
        let isBlank = name.allSatisfy(\.isWhitespace)
        return isBlank || name.utf8.count > 200 ? "must be 1 to 200 bytes long, and not blank" : nil
    }
}
