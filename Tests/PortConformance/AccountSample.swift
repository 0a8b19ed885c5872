import Accounts
import ChannelSDK

extension UserID {
    /// Ids that sort as their numbers do.
    static func numbered(_ number: Int) -> UserID {
        let digits = String(number)
        return UserID("usr_" + String(repeating: "0", count: 26 - digits.count) + digits)!
    }
}

extension User {
    /// With something different in every field.
    static func sample(_ number: Int, email: String? = nil) -> User {
        User(
            id: .numbered(number), account: number % 4 == 0 ? "shared account ü" : UserID.numbered(number).text,
            email: try! EmailAddress(email ?? "User.\(number)+tag@Mail-\(number).example"),
            name: ["Ann", "Б'); DROP TABLE users;--", "名前 \u{10FFFE}", "a\tb"][number % 4],
            role: Role.allCases[number % 3], isActive: number % 5 != 0, passwordHash: .sample(number),
            credentialVersion: number + 1, createdAt: Timestamp(milliseconds: 1_700_000_000_000 + Int64(number)),
            revision: 1)
    }

    func at(revision: Int) -> User {
        User(
            id: id, account: account, email: email, name: name, role: role, isActive: isActive,
            passwordHash: passwordHash, credentialVersion: credentialVersion, createdAt: createdAt, revision: revision)
    }
}

extension PasswordHash {
    static func sample(_ number: Int) -> PasswordHash {
        let digit = String(Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ")[number % 26])
        let salt = String(repeating: digit, count: 20) + "AA=="
        let digest = String(repeating: digit, count: 40) + "AAA="
        return PasswordHash(stored: "$scrypt$ln=\(10 + number % 8),r=8,p=1$\(salt)$\(digest)")!
    }
}

extension APIKey {
    static func sample(_ number: Int, user: Int) -> APIKey {
        APIKey(
            prefix: "sb_key\(number)", hash: .init(bytes: (0..<32).map { UInt8(truncatingIfNeeded: $0 * number) }),
            user: .numbered(user), name: "machine №\(number)", scopes: Set(Scope.allCases.prefix(number % 6)),
            createdAt: Timestamp(milliseconds: 1_700_000_000_000 + Int64(number)),
            expiresAt: number % 2 == 0 ? nil : Timestamp(milliseconds: 1_800_000_000_000))
    }
}
