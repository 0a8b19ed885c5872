import Crypto

/// A key that Standard Webhooks cannot be signed or verified with.
public struct InvalidWebhookKey: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong and what to do, for people; never the key.
    public let message: String

    public init(message: String) { self.message = message }

    public var description: String { message }
}

/// A key in one of the three forms of the specification.
enum StandardWebhooksKey: Sendable {
    case symmetric(SymmetricKey)
    case publicKey(Curve25519.Signing.PublicKey)
    case privateKey(Curve25519.Signing.PrivateKey)

    init(_ secret: Secret) throws(InvalidWebhookKey) {
        let parts = secret.revealed.split(separator: "_", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, ["whsec", "whpk", "whsk"].contains(parts[0]) else {
            throw InvalidWebhookKey(message: "the key must start with 'whsec_', 'whpk_' or 'whsk_'")
        }
        guard let bytes = SignatureEncoding.base64Bytes(parts[1]) else {
            throw InvalidWebhookKey(message: "what follows '\(parts[0])_' in the key must be base64, with its padding")
        }
        self = try Self.read(bytes, prefix: parts[0])
    }

    private static func read(_ bytes: [UInt8], prefix: Substring) throws(InvalidWebhookKey) -> Self {
        switch prefix {
        case "whsec":
            guard (24...64).contains(bytes.count) else {
                throw InvalidWebhookKey(message: "the key must have 24 to 64 bytes, not \(bytes.count)")
            }
            return .symmetric(SymmetricKey(data: bytes))
        case "whpk":
            guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: bytes) else {
                throw InvalidWebhookKey(message: "the key must be an Ed25519 public key of 32 bytes")
            }
            return .publicKey(key)
        default:
            guard bytes.count == 64,
                let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: bytes[..<32]),
                Array(key.publicKey.rawRepresentation) == Array(bytes[32...])
            else {
                throw InvalidWebhookKey(
                    message: "the key must be an Ed25519 private key and its public key, 64 bytes together")
            }
            return .privateKey(key)
        }
    }

    /// Whether `signature`, e.g. `v1,K5oZ…`, is this key's for `content`. Versions of another kind are not.
    func verifies(_ signature: Substring, of content: [UInt8]) -> Bool {
        switch self {
        case .symmetric(let key): Secret.matches(signature.utf8, Self.code(of: content, key).utf8)
        case .publicKey(let key): Self.verifies(signature, of: content, key)
        case .privateKey(let key): Self.verifies(signature, of: content, key.publicKey)
        }
    }

    func sign(_ content: [UInt8]) throws(InvalidWebhookKey) -> String {
        switch self {
        case .symmetric(let key): return Self.code(of: content, key)
        case .publicKey: throw InvalidWebhookKey(message: "a public key ('whpk_') only verifies: sign with 'whsk_'")
        case .privateKey(let key):
            guard let signature = try? key.signature(for: content) else {
                throw InvalidWebhookKey(message: "the private key cannot sign")
            }
            return "v1a," + SignatureEncoding.base64.text(Array(signature))
        }
    }

    private static func code(of content: [UInt8], _ key: SymmetricKey) -> String {
        "v1," + SignatureEncoding.base64.text(SignatureHash.sha256.authenticationCode(of: [content], key: key))
    }

    private static func verifies(
        _ signature: Substring, of content: [UInt8], _ key: Curve25519.Signing.PublicKey
    ) -> Bool {
        guard signature.hasPrefix("v1a,"), let bytes = SignatureEncoding.base64Bytes(signature.dropFirst(4)) else {
            return false
        }
        return key.isValidSignature(bytes, for: content)
    }
}
