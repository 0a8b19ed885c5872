import CryptoExtras
import FoundationEssentials
import NIOCore
import Synchronization

/// A service account of the project: its key, the assertions that it signs, and the access tokens that it gets for them.
final class FCMAccount: Sendable {
    private let settings: FCMSettings
    private let names = UniqueNames()
    /// Made when it is first asked for: it takes a moment.
    private let key = Mutex<_RSA.Signing.PrivateKey?>(nil)
    /// When each token ends, in seconds since 1970.
    private let tokens = Mutex<[String: Int64]>([:])

    init(settings: FCMSettings) { self.settings = settings }

    private func signingKey() throws -> _RSA.Signing.PrivateKey {
        try key.withLock { key in
            if let key { return key }
            let made = try _RSA.Signing.PrivateKey(keySize: .bits2048)
            key = made
            return made
        }
    }

    /// The file that Google gives to whoever makes a service account.
    func file(tokenURL: String) throws -> JSON {
        [
            "type": "service_account", "project_id": .string(settings.project), "private_key_id": "sandbox-key",
            "private_key": .string(try signingKey().pemRepresentation + "\n"),
            "client_email": .string(settings.clientEmail), "client_id": "100000000000000000001",
            "token_uri": .string(tokenURL),
        ]
    }

    /// An access token for an assertion (RFC 7523).
    func token(for assertion: String, at now: Int64) throws -> JSON {
        let parts = assertion.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let header = Self.json(parts[0]), let claims = Self.json(parts[1]),
            let signature = Self.bytes(parts[2])
        else { throw FCMTokenError.grant("Invalid JWT: it has no three parts of base64url.") }
        guard header["alg"] == "RS256" else { throw FCMTokenError.grant("Invalid JWT: the algorithm must be RS256.") }
        let signed = Data(assertion.utf8.prefix(parts[0].utf8.count + 1 + parts[1].utf8.count))
        let isSigned = try signingKey().publicKey.isValidSignature(
            .init(rawRepresentation: signature), for: signed, padding: .insecurePKCS1v1_5)
        guard isSigned else { throw FCMTokenError.grant("Invalid JWT Signature.") }
        guard claims["iss"] == .string(settings.clientEmail) else {
            throw FCMTokenError.grant("Invalid grant: account not found")
        }
        guard claims["aud"]?.text?.hasSuffix("/token") == true else { throw FCMTokenError.grant("Invalid JWT: aud.") }
        guard claims["scope"]?.text?.split(separator: " ").contains(Self.scope[...]) == true else {
            throw FCMTokenError(error: "invalid_scope", description: "Empty or missing scope not allowed.")
        }
        guard let from = claims["iat"]?.integer, let until = claims["exp"]?.integer, until > now, from <= now + 300,
            until - from <= 3600
        else {
            throw FCMTokenError.grant(
                "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
                    + "Check your iat and exp values in the JWT claim.")
        }
        let token = "ya29.sandbox-" + names.hexadecimal()
        tokens.withLock { $0[token] = now + Int64(settings.tokenLifetime) }
        return [
            "access_token": .string(token), "expires_in": .number("\(settings.tokenLifetime)"), "token_type": "Bearer",
        ]
    }

    func holds(_ token: Substring, at now: Int64) -> Bool { tokens.withLock { $0[String(token)] ?? 0 } > now }

    /// Every token that was given out ends now.
    func revoke() { tokens.withLock { $0 = [:] } }

    private static let scope = "https://www.googleapis.com/auth/firebase.messaging"

    private static func json(_ part: Substring) -> JSON? {
        bytes(part).flatMap { JSONParser.parse(ByteBuffer(bytes: $0)) }
    }

    private static func bytes(_ part: Substring) -> Data? {
        let padding = String(repeating: "=", count: (4 - part.utf8.count % 4) % 4)
        return Data(base64Encoded: part.replacing("-", with: "+").replacing("_", with: "/") + padding)
    }
}

extension JSON {
    fileprivate var integer: Int64? { if case .number(let digits) = self { Int64(digits) } else { nil } }
}
