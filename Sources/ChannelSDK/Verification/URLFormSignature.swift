import Crypto

/// Twilio's signature: base64 of HMAC-SHA1 over the URL and the sorted form, in one header.
///
/// Signed are the URL that the provider called and, for a form, each name followed by its value, decoded, without
/// separators, in byte order; of equal pairs one. Any other body is signed through the URL, whose query item
/// `bodySHA256` is the SHA-256 of the body in hex. The URL may have been signed with or without its port.
///
/// It proves that the provider signed these characters in this order, not where one field ends and the next begins:
/// with a genuine request in hand, somebody could merge neighbouring fields. So what matters most, the delivery's id,
/// stands in the URL, and a parser refuses a form that lacks the fields it should have.
///
/// It carries no time, so a genuine request can be sent again by whoever saw it: repeated reports change nothing, which
/// is what makes that harmless.
public struct URLFormSignature: PromptWebhookVerifier {
    /// The header with the signature.
    public let header: String
    private let key: Secret

    /// - Parameter key: Twilio's auth token. Nothing is genuine under an empty one.
    public init(header: String = "X-Twilio-Signature", key: Secret) {
        self.header = header
        self.key = key
    }

    public var name: String { "HMAC-SHA1 over URL and form in \(header)" }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            let given = try request.headers.proof(header)
            let key = try key.authenticationKey()
            let form = try signedForm(of: request)
            let isSigned = SignedURL.spellings(of: request.url).contains { url in
                Secret.matches(given, Self.signature(url: url, form: form, key: key))
            }
            guard isSigned else {
                throw VerificationFault(
                    "header \(header) does not match \(SignedURL.withoutQuery(request.url)) and the body: is this the "
                        + "address that the provider called, and the configured key this account's?")
            }
        }
    }

    /// The header's value for `request`, as the provider makes it. Empty when there is no key or a body that is not
    /// covered.
    public func signature(of request: WebhookRequest) -> String {
        guard let form = try? signedForm(of: request), let key = try? key.authenticationKey() else { return "" }
        return Self.signature(url: Array(request.url.utf8), form: form, key: key)
    }

    private static func signature(url: [UInt8], form: [UInt8], key: SymmetricKey) -> String {
        SignatureEncoding.base64.text(SignatureHash.sha1.authenticationCode(of: [url, form], key: key))
    }

    /// What is signed after the URL. A body is covered as a form or by its hash, never not at all.
    private func signedForm(of request: WebhookRequest) throws(VerificationFault) -> [UInt8] {
        let type = request.headers["Content-Type"]?.lowercased() ?? ""
        let isForm = type.hasPrefix("application/x-www-form-urlencoded")
        if isForm && !request.body.isEmpty { return try Self.sorted(DecodedForm(request.body)) }
        guard let hash = request.queryItems.first(where: { $0.name == "bodySHA256" })?.value else {
            guard request.body.isEmpty else {
                throw VerificationFault("the body is neither a form nor covered by 'bodySHA256' in the URL")
            }
            return []
        }
        guard Secret.matches(hash, SignatureEncoding.hex.text(Array(SHA256.hash(data: request.body)))) else {
            throw VerificationFault("the body does not match 'bodySHA256' in the URL")
        }
        return []
    }

    private static func sorted(_ form: DecodedForm) throws(VerificationFault) -> [UInt8] {
        // Nothing separates names from values in what is signed, so `a=b` and `a&b` would have the same signature.
        guard form.isRegular else { throw VerificationFault("the form has a part without '='") }
        let pairs = form.pairs.sorted { form.precedes($0, $1) }
        var signed: [UInt8] = []
        signed.reserveCapacity(form.bytes.count)
        for (index, pair) in pairs.enumerated() {
            if index > 0, !form.precedes(pairs[index - 1], pair) { continue }
            signed += form.bytes[pair.name]
            signed += form.bytes[pair.value]
        }
        return signed
    }
}

/// The spellings of an address that a provider may have signed.
enum SignedURL {
    /// The URL as it is, and the same with the scheme's port added, or with its port left out.
    static func spellings(of url: String) -> [[UInt8]] {
        let bytes = Array(url.utf8)
        guard let authority = authority(in: bytes) else { return [bytes] }
        let host = (bytes[authority].lastIndex(of: UInt8(ascii: "@")).map { $0 + 1 } ?? authority.lowerBound)
        let afterAddress = bytes[host..<authority.upperBound].lastIndex(of: UInt8(ascii: "]")) ?? host
        if let colon = bytes[afterAddress..<authority.upperBound].lastIndex(of: UInt8(ascii: ":")) {
            return [bytes, Array(bytes[..<colon] + bytes[authority.upperBound...])]
        }
        let port = bytes.starts(with: "https".utf8) ? ":443" : ":80"
        return [bytes, bytes[..<authority.upperBound] + Array(port.utf8) + bytes[authority.upperBound...]]
    }

    /// For messages: the query may carry a secret.
    static func withoutQuery(_ url: String) -> Substring {
        url.prefix { $0 != "?" }
    }

    private static func authority(in url: [UInt8]) -> Range<Int>? {
        guard let colon = url.firstIndex(of: UInt8(ascii: ":")), url[colon...].starts(with: "://".utf8) else {
            return nil
        }
        let start = colon + 3
        let end = url[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") } ?? url.endIndex
        return start..<end
    }
}
