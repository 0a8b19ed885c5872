import ChannelSDK
import CryptoExtras
import FoundationEssentials

/// An account of Google's for programs: it proves who it is by signing an assertion (RFC 7523).
struct ServiceAccount: Sendable, CustomReflectable {
    let project: String
    let email: String
    /// Where an assertion becomes an access token.
    let tokenURL: String
    private let keyID: String?
    private let key: _RSA.Signing.PrivateKey

    /// - Parameters:
    ///   - file: as Google gives it.
    ///   - tokenURL: instead of the one that the file names.
    init?(file: Secret, tokenURL: String?) {
        guard let content = UntrustedJSON.decode(File.self, from: file.revealed.utf8),
            let key = try? _RSA.Signing.PrivateKey(pemRepresentation: content.private_key),
            let tokenURL = tokenURL ?? content.token_uri, !content.project_id.isEmpty
        else { return nil }
        (project, email, keyID, self.key) = (content.project_id, content.client_email, content.private_key_id, key)
        self.tokenURL = tokenURL
    }

    /// The request that gets an access token.
    func tokenRequest(at now: Timestamp) throws -> HTTPRequest {
        let form = [
            FormEncoding.Pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
            FormEncoding.Pair("assertion", try assertion(at: now)),
        ]
        return HTTPRequest(
            url: tokenURL, headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: FormEncoding.encode(form))
    }

    /// A JSON Web Token by RS256, good for an hour.
    private func assertion(at now: Timestamp) throws -> String {
        let seconds = now.milliseconds / 1000
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let claims = Claims(
            iss: email, scope: "https://www.googleapis.com/auth/firebase.messaging", aud: tokenURL, iat: seconds,
            exp: seconds + 3600)
        let parts = [try encoder.encode(Header(alg: "RS256", kid: keyID, typ: "JWT")), try encoder.encode(claims)]
        let signed = parts.map(Self.base64URL).joined(separator: ".")
        let signature = try key.signature(for: Data(signed.utf8), padding: .insecurePKCS1v1_5)
        return signed + "." + Self.base64URL(signature.rawRepresentation)
    }

    private static func base64URL(_ data: Data) -> String {
        data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    /// The key is nobody's to see.
    var customMirror: Mirror { Mirror(self, children: ["project": project, "email": email]) }

    private struct File: Decodable {
        let project_id: String
        let client_email: String
        let private_key: String
        let private_key_id: String?
        let token_uri: String?
    }

    private struct Header: Encodable {
        let alg: String
        let kid: String?
        let typ: String
    }

    private struct Claims: Encodable {
        let iss: String
        let scope: String
        let aud: String
        let iat: Int64
        let exp: Int64
    }
}
