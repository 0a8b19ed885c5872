import ChannelSDK
import Crypto
import FoundationEssentials

/// The JSON Web Token (HS256) in the header `Authorization` of the Messages API's webhooks. It carries the hash of the
/// body, without which nothing is genuine; it covers no address, so the delivery's id comes as the client reference.
struct VonageMessagesSignature: PromptWebhookVerifier {
    /// How far Vonage's clock may be from ours.
    private static let tolerance: Int64 = 300

    private let key: Secret
    private let apiKey: String

    init(key: Secret, apiKey: String) { (self.key, self.apiKey) = (key, apiKey) }

    var name: String { "JSON Web Token (HS256) in Authorization" }

    func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        if key.isEmpty { return .refused("no key is configured to verify with") }
        let headers = request.headers.values(of: "Authorization")
        guard headers.count == 1, let header = headers.first, header.prefix(7).lowercased() == "bearer " else {
            return .refused("header Authorization is missing, there twice, or not of the scheme Bearer")
        }
        let parts = header.dropFirst(7).split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, let head: Head = Self.json(parts[0]), let claims: Claims = Self.json(parts[1]) else {
            return .refused("header Authorization has no JSON Web Token in it")
        }
        // The token does not choose how it is verified.
        guard head.alg == "HS256" else { return .refused("the token is not signed by HS256") }
        let signed = Data("\(parts[0]).\(parts[1])".utf8)
        let symmetric = SymmetricKey(data: Array(key.revealed.utf8))
        let code = Base64URL.encode(HMAC<SHA256>.authenticationCode(for: signed, using: symmetric))
        guard Secret.matches(parts[2].utf8, code.utf8) else {
            return .refused("the token's signature does not match: is signature_secret this account's?")
        }
        return verdict(on: claims, body: request.body, now: now)
    }

    private func verdict(on claims: Claims, body: [UInt8], now: Timestamp) -> WebhookVerdict {
        if let key = claims.api_key, key != apiKey { return .refused("the token is another account's") }
        // A number of any size: compared as it is.
        if let end = claims.exp, Double(now.milliseconds / 1000 - Self.tolerance) >= end {
            return .refused("the token has expired")
        }
        guard let hash = claims.payload_hash else {
            return body.isEmpty ? .genuine : .refused("the token has no payload_hash for the body")
        }
        guard Secret.matches(hash.lowercased(), VonageSignature.hexadecimal(SHA256.hash(data: body))) else {
            return .refused("the body does not match the token's payload_hash")
        }
        return .genuine
    }

    private static func json<Value: Decodable>(_ part: Substring) -> Value? {
        Base64URL.decode(part).flatMap { UntrustedJSON.decode(Value.self, from: $0) }
    }

    private struct Head: Decodable {
        let alg: String
    }

    private struct Claims: Decodable {
        let api_key, payload_hash: String?
        let exp: Double?
    }
}
