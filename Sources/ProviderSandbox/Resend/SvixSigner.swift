import Crypto
import FoundationEssentials
import NIOCore

/// Svix's signature, the one of Standard Webhooks: base64 HMAC-SHA256 of id, time and body.
struct SvixSigner: Sendable {
    /// As it was given.
    let secret: String
    private let keyed: HMAC<SHA256>

    /// - Parameter secret: `whsec_` and base64; nil for all else.
    init?(secret: String) {
        guard secret.hasPrefix("whsec_"), let key = Data(base64Encoded: String(secret.dropFirst(6))), !key.isEmpty
        else { return nil }
        self.secret = secret
        keyed = HMAC(key: SymmetricKey(data: key))
    }

    func signature(id: String, timestamp: String, body: ByteBuffer) -> String {
        var code = keyed
        code.update(data: Data("\(id).\(timestamp).".utf8))
        code.update(data: body.readableBytesView)
        return "v1," + Data(code.finalize()).base64EncodedString()
    }
}
