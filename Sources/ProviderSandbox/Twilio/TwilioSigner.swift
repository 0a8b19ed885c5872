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

    func signature(url: String, fields: [(name: String, value: String)]) -> String {
        // Swift compares strings by Unicode's canonical order, which for a name in ASCII is the order of its bytes.
        let sorted = fields.sorted { ($0.name, $0.value) < ($1.name, $1.value) }
        var text = Array(url.utf8)
        for (index, field) in sorted.enumerated() {
            if index > 0, sorted[index - 1] == field { continue }
            text += field.name.utf8
            text += field.value.utf8
        }
        return signature(of: text)
    }

    /// - Parameter text: the URL with the sorted fields behind it.
    func signature(of text: [UInt8]) -> String {
        var code = keyed
        code.update(data: text)
        return Data(code.finalize()).base64EncodedString()
    }
}
