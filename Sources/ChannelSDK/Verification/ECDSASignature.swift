import Crypto
import FoundationEssentials

/// An ECDSA signature (P-256, SHA-256) over a timestamp header followed by the raw body: SendGrid's.
///
/// The signature header is the base64 of the signature in DER. There is no limit on the time's age: repeated reports
/// change nothing, which is what makes it harmless to send a genuine request again.
public struct ECDSASignature: PromptWebhookVerifier {
    /// The header with the signature.
    public let header: String
    /// The header with the time, which is signed along.
    public let timestampHeader: String
    private let key: P256.Signing.PublicKey

    /// - Parameter publicKey: base64 of a SubjectPublicKeyInfo, as SendGrid's settings show it.
    /// - Throws: when it is not such a key.
    public init(header: String, timestampHeader: String, publicKey: String) throws(InvalidWebhookKey) {
        guard let bytes = SignatureEncoding.base64Bytes(publicKey),
            let key = try? P256.Signing.PublicKey(derRepresentation: bytes)
        else { throw InvalidWebhookKey(message: "the key must be the base64 of a public key on the curve P-256") }
        self.header = header
        self.timestampHeader = timestampHeader
        self.key = key
    }

    public var name: String { "ECDSA over time and body in \(header)" }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            let given = try request.headers.proof(header)
            let time = try request.headers.proof(timestampHeader)
            guard let bytes = SignatureEncoding.base64Bytes(given),
                let signature = try? P256.Signing.ECDSASignature(derRepresentation: bytes)
            else { throw VerificationFault("header \(header) is not the base64 of an ECDSA signature") }
            guard key.isValidSignature(signature, for: Array(time.utf8) + request.body) else {
                throw VerificationFault(
                    "header \(header) does not match time and body: is the configured key this sender's?")
            }
        }
    }
}
