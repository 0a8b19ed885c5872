/// An HMAC over the raw body, in one header: Meta's and GitHub's `X-Hub-Signature-256: sha256=…`, and many others.
///
/// ```swift
/// WebhookVerification.scheme(HMACSignature(header: "X-Hub-Signature-256", prefix: "sha256=", key: appSecret))
/// ```
public struct HMACSignature: PromptWebhookVerifier {
    /// The header with the signature.
    public let header: String
    /// What stands before the signature in the header, e.g. `sha256=`; must be there to the letter.
    public let prefix: String
    /// What the HMAC is made with.
    public let hash: SignatureHash
    /// How the signature is written.
    public let encoding: SignatureEncoding
    private let key: Secret

    /// - Parameter key: its UTF-8 bytes are the key. Nothing is genuine under an empty one.
    public init(
        header: String, prefix: String = "", key: Secret, hash: SignatureHash = .sha256,
        encoding: SignatureEncoding = .hex
    ) {
        self.header = header
        self.prefix = prefix
        self.hash = hash
        self.encoding = encoding
        self.key = key
    }

    public var name: String { "HMAC-\(hash.rawValue.uppercased()) over the body in \(header)" }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            let given = try request.headers.proof(header)
            guard given.utf8.starts(with: prefix.utf8) else {
                throw VerificationFault("header \(header) does not start with '\(prefix)'")
            }
            let expected = prefix + encoding.text(try code(of: request.body))
            guard Secret.matches(given, expected) else {
                throw VerificationFault(
                    "header \(header) does not match the body: is the configured key this sender's?")
            }
        }
    }

    /// The header's value for `body`, as the sender makes it. Empty when there is no key.
    public func signature(of body: [UInt8]) -> String {
        guard let code = try? code(of: body) else { return "" }
        return prefix + encoding.text(code)
    }

    private func code(of body: [UInt8]) throws(VerificationFault) -> [UInt8] {
        hash.authenticationCode(of: [body], key: try key.authenticationKey())
    }
}
