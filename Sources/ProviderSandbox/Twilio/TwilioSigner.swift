import Crypto
import FoundationEssentials

/// Twilio's request signature: base64 of HMAC-SHA1, keyed with the account's token, over the URL and then every field's
/// name and value, in byte order of the names. Several values of one name are sorted, equal ones taken once.
struct TwilioSigner: Sendable {
    /// The token's key schedule, computed once: each signature begins with a copy of it.
    private let keyed: HMAC<Insecure.SHA1>

    init(token: String) {
        keyed = HMAC(key: SymmetricKey(data: Data(token.utf8)))
    }

    /// - Parameter text: the URL with the sorted fields behind it.
    func signature(of text: [UInt8]) -> String {
        var code = keyed
        code.update(data: text)
        return Data(code.finalize()).base64EncodedString()
    }
}
