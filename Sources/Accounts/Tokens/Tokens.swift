public import ChannelSDK
import Crypto
import FoundationEssentials
import JWTKit

/// Makes and verifies access tokens: JWTs by HS256, and nothing else.
///
/// A token is accepted only if it is, byte for byte, what this host writes for its claims. Its first part must be one of
/// the two that the host's own secrets have, before anything of it is decoded: a header is never believed, so there is
/// no algorithm to choose, no key to look up and no address to follow. A token that says the same in other words
/// (another order, a claim twice or one too many, other base64) is none of ours, whoever signed it.
public struct Tokens: Sendable {
    /// A valid token of ours has less than half of it.
    static let maxBytes = 2048
    /// How far the clocks of two replicas may differ.
    static let leeway = Duration.seconds(30)

    private struct Header: Sendable {
        let kid: JWKIdentifier
        let text: String
    }

    private let configuration: TokenConfiguration
    private let keys: JWTKeyCollection
    /// The current secret's first.
    private let headers: [Header]
    private let clock: any WallClock

    /// - Throws: the first of ``TokenConfiguration/problems``.
    public init(_ configuration: TokenConfiguration, clock: any WallClock) async throws(TokenConfiguration.Problem) {
        if let problem = configuration.problems.first { throw problem }
        self.configuration = configuration
        self.clock = clock
        keys = JWTKeyCollection(
            defaultJWTParser: DefaultJWTParser(jsonDecoder: BoundedDecoder()),
            defaultJWTSerializer: DefaultJWTSerializer(jsonEncoder: Self.encoder))
        var headers: [Header] = []
        for secret in [configuration.secret, configuration.previousSecret].compactMap({ $0 }) {
            let kid = Self.keyID(of: secret)
            headers.append(Header(kid: JWKIdentifier(string: kid), text: Self.headerText(kid)))
            await keys.add(
                hmac: HMACKey(from: secret.revealed), digestAlgorithm: .sha256, kid: JWKIdentifier(string: kid),
                parser: DefaultJWTParser(jsonDecoder: BoundedDecoder()),
                serializer: DefaultJWTSerializer(jsonEncoder: Self.encoder))
        }
        await keys.clearDefault()
        self.headers = headers
    }

    public var lifetime: Duration { configuration.lifetime }

    /// A token for `user`, good from now on.
    func issue(for user: User) async throws -> String {
        let now = clock.now().milliseconds / 1000
        let claims = AccessClaims(
            issuer: configuration.issuer, audience: configuration.audience, subject: user.id.text, issuedAt: now,
            notBefore: now, expiresAt: now + configuration.lifetime.components.seconds,
            credentialVersion: user.credentialVersion)
        return try await keys.sign(claims, kid: headers[0].kid)
    }

    /// The claims of a token that is ours and good now.
    func verify(_ token: String) async throws(Refusal.Reason) -> AccessClaims {
        guard token.utf8.count <= Self.maxBytes else { throw .tokenTooLong }
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw .notAToken }
        guard let header = headers.first(where: { $0.text == parts[0] }) else { throw .foreignHeader }
        let claims: AccessClaims
        do {
            claims = try await keys.verify(token)
        } catch let error as JWTError where error.errorType == .signatureVerificationFailed {
            throw .wrongSignature
        } catch {
            throw .unreadableClaims
        }
        guard let ours = try? await keys.sign(claims, kid: header.kid), Secret.matches(ours, token) else {
            throw .foreignSpelling
        }
        try judge(claims)
        return claims
    }

    private func judge(_ claims: AccessClaims) throws(Refusal.Reason) {
        guard claims.issuer == configuration.issuer else { throw .wrongIssuer }
        guard claims.audience == configuration.audience else { throw .wrongAudience }
        let now = clock.now()
        guard Timestamp(seconds: claims.expiresAt) > now else { throw .expired }
        let latest = now + Self.leeway
        guard Timestamp(seconds: claims.notBefore) <= latest, Timestamp(seconds: claims.issuedAt) <= latest else {
            throw .notYetValid
        }
        // One that was made with a longer lifetime is good for no longer than today's.
        guard claims.issuedAt <= claims.expiresAt,
            Timestamp(seconds: claims.issuedAt) + configuration.lifetime > now
        else { throw .expired }
    }

    // MARK: Spelling

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return encoder
    }

    /// Names a secret without telling anything of it, alike on all replicas that have it.
    static func keyID(of secret: Secret) -> String {
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("switchboard token key id".utf8), using: SymmetricKey(data: Array(secret.revealed.utf8)))
        return Base32.encode(code.prefix(8))
    }

    /// As it stands at the beginning of each token that the key signs.
    private static func headerText(_ kid: String) -> String {
        let json = #"{"alg":"HS256","kid":"\#(kid)","typ":"JWT"}"#
        return Data(json.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
}

/// Reads tokens' JSON with a bound on its depth.
private struct BoundedDecoder: JWTJSONDecoder {
    struct NotJSON: Error {}

    func decode<Value: Decodable>(_: Value.Type, from json: Data) throws -> Value {
        guard let value = UntrustedJSON.decode(Value.self, from: json) else { throw NotJSON() }
        return value
    }
}
