import ChannelSDK
import Crypto

/// The signature in the field `sig` of the SMS API's webhooks: hexadecimal, over all other fields in the order of their
/// names, each as `&name=value`, with `_` for every `&` and `=` of a value.
///
/// It covers no address, so the delivery's id comes as the client reference. A repeat is as genuine as the first, and
/// changes nothing. That `_`, `&` and `=` are signed alike can alter a character of a text on the way and nothing else,
/// because names must not have them.
struct VonageSignature: PromptWebhookVerifier {
    enum Method: String, Sendable, Hashable, CaseIterable {
        /// MD5 of text and secret.
        case md5 = "md5hash"
        case hmacMD5 = "hmac-md5"
        case hmacSHA1 = "hmac-sha1"
        case hmacSHA256 = "hmac-sha256"
        case hmacSHA512 = "hmac-sha512"
    }

    let method: Method
    private let key: Secret

    init(key: Secret, method: Method) { (self.key, self.method) = (key, method) }

    var name: String { "\(method.rawValue) in 'sig'" }

    func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        if key.isEmpty { return .refused("no key is configured to verify with") }
        let read = VonageFields(request)
        let pairs = read.fields.pairs
        guard read.isFlat else { return .refused("the body is not a JSON object of texts and whole numbers") }
        guard Set(pairs.map(\.name)).count == pairs.count else { return .refused("a field is there twice") }
        guard !pairs.contains(where: { $0.name.contains { "&=".contains($0) } }) else {
            return .refused("the name of a field has a '&' or '='")
        }
        guard let given = read.fields["sig"] else {
            return .refused("field 'sig' is missing: does Vonage sign this account's webhooks?")
        }
        guard Secret.matches(given.lowercased(), signature(of: Self.signed(pairs))) else {
            return .refused(
                "field 'sig' does not match the other fields: are signature_secret and signature_method this account's?"
            )
        }
        return .genuine
    }

    private static func signed(_ pairs: [FormEncoding.Pair]) -> String {
        pairs.filter { $0.name != "sig" }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
            .map { "&\($0.name)=" + String($0.value.map { "&=".contains($0) ? "_" : $0 }) }.joined()
    }

    private func signature(of signed: String) -> String {
        let bytes = Array(signed.utf8)
        return switch method {
        case .md5: Self.hexadecimal(Insecure.MD5.hash(data: bytes + Array(key.revealed.utf8)))
        case .hmacMD5: code(Insecure.MD5.self, bytes)
        case .hmacSHA1: code(Insecure.SHA1.self, bytes)
        case .hmacSHA256: code(SHA256.self, bytes)
        case .hmacSHA512: code(SHA512.self, bytes)
        }
    }

    private func code<Hash: HashFunction>(_: Hash.Type, _ bytes: [UInt8]) -> String {
        let key = SymmetricKey(data: Array(self.key.revealed.utf8))
        return Self.hexadecimal(HMAC<Hash>.authenticationCode(for: bytes, using: key))
    }

    /// In lower case.
    static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
