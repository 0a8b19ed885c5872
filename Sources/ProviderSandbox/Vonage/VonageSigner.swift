import ArgumentParser
import Crypto
import FoundationEssentials
import NIOCore

/// The signatures of Vonage: `sig` in requests and receipts of the SMS API, and the token of the Messages API's webhooks.
struct VonageSigner: Sendable {
    enum Method: String, Sendable, CaseIterable, ExpressibleByArgument {
        /// The hash of the text with the secret behind it.
        case md5hash
        /// HMAC.
        case md5, sha1, sha256, sha512
    }

    let secret: String
    let method: Method

    /// Hex over the sorted fields without `sig`; `&` and `=` in values are `_` there.
    func signature(of fields: [(name: String, value: String)]) -> String {
        let text = fields.filter { $0.name != "sig" }.sorted { $0.name < $1.name }
            .map { "&\($0.name)=" + $0.value.map { "&=".contains($0) ? "_" : String($0) }.joined() }.joined()
        let data = Data(text.utf8)
        let key = SymmetricKey(data: Data(secret.utf8))
        switch method {
        case .md5hash: return Insecure.MD5.hash(data: Data((text + secret).utf8)).hexadecimal
        case .md5: return HMAC<Insecure.MD5>.authenticationCode(for: data, using: key).hexadecimal
        case .sha1: return HMAC<Insecure.SHA1>.authenticationCode(for: data, using: key).hexadecimal
        case .sha256: return HMAC<SHA256>.authenticationCode(for: data, using: key).hexadecimal
        case .sha512: return HMAC<SHA512>.authenticationCode(for: data, using: key).hexadecimal
        }
    }

    /// A JWT by HS256 that names the hash of the body.
    /// - Parameters:
    ///   - id: `jti`, another one for each request.
    ///   - seconds: since 1970.
    func token(for body: ByteBuffer, apiKey: String, id: String, at seconds: Int64) -> String {
        let claims: JSON = [
            "iat": .number("\(seconds)"), "jti": .string(id), "iss": "Vonage",
            "payload_hash": .string(SHA256.hash(data: body.readableBytesView).hexadecimal), "api_key": .string(apiKey),
        ]
        let parts = [#"{"typ":"JWT","alg":"HS256"}"#, String(buffer: ByteBuffer(json: claims))]
            .map { Self.base64URL(Data($0.utf8)) }
        let signed = parts.joined(separator: ".")
        let key = SymmetricKey(data: Data(secret.utf8))
        return signed + "." + Self.base64URL(Data(HMAC<SHA256>.authenticationCode(for: Data(signed.utf8), using: key)))
    }

    private static func base64URL(_ data: Data) -> String {
        String(
            data.base64EncodedString().compactMap { character in
                switch character {
                case "+": "-"
                case "/": "_"
                case "=": nil
                default: character
                }
            })
    }
}
