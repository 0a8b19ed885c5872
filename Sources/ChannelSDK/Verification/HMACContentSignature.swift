import Crypto

/// An HMAC over parts of the request that the provider chooses, in one header: for schemes such as `timestamp.body` or
/// URL and body. ``HMACSignature`` is the plain case of the body alone.
///
/// ```swift
/// HMACContentSignature(
///     header: "X-Signature", key: secret, content: [.timestamp, .text("."), .body], timestampHeader: "X-Timestamp")
/// ```
public struct HMACContentSignature: PromptWebhookVerifier {
    /// What is signed, one after the other.
    public enum Part: Sendable, Hashable {
        /// The same in each request, e.g. `.` or `v0:`.
        case text(String)
        /// The raw bytes of the body.
        case body
        /// In upper case, as it came.
        case method
        /// The address that the provider called. It may have been signed with or without its port.
        case url
        /// The value of `timestampHeader`, as it came.
        case timestamp
    }

    /// The header with the signature.
    public let header: String
    /// What stands before the signature in the header, e.g. `v0=`; must be there to the letter.
    public let prefix: String
    /// Of the HMAC.
    public let hash: SignatureHash
    /// How the signature is written.
    public let encoding: SignatureEncoding
    /// What is signed, in order.
    public let content: [Part]
    /// Seconds since 1970, or milliseconds where it has 13 digits. Nil: the scheme has no time, and a genuine request
    /// can be sent again by whoever saw it.
    public let timestampHeader: String?
    /// How far the sender's clock may be from ours, either way.
    public let tolerance: Duration
    private let key: Secret

    /// - Parameter key: its UTF-8 bytes are the key. Nothing is genuine under an empty one.
    public init(
        header: String, prefix: String = "", key: Secret, hash: SignatureHash = .sha256,
        encoding: SignatureEncoding = .hex, content: [Part], timestampHeader: String? = nil,
        tolerance: Duration = .seconds(300)
    ) {
        self.header = header
        self.prefix = prefix
        self.hash = hash
        self.encoding = encoding
        self.content = content
        self.timestampHeader = timestampHeader
        self.tolerance = tolerance
        self.key = key
    }

    public var name: String {
        "HMAC-\(hash.rawValue.uppercased()) over \(content.map(\.name).joined(separator: " and ")) in \(header)"
    }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            let given = try request.headers.proof(header)
            guard given.utf8.starts(with: prefix.utf8) else {
                throw VerificationFault("header \(header) does not start with '\(prefix)'")
            }
            let key = try key.authenticationKey()
            var timestamp = ""
            if let timestampHeader {
                timestamp = try request.headers.proof(timestampHeader)
                try checkTime(timestamp, timestampHeader, now: now)
            }
            let isSigned = urls(of: request).contains { url in
                Secret.matches(given, prefix + code(of: request, url: url, timestamp: timestamp, key))
            }
            guard isSigned else {
                throw VerificationFault(
                    "header \(header) does not match the request: is the configured key this sender's?")
            }
        }
    }

    /// The header's value for `request`, as the sender makes it. Empty when there is no key.
    public func signature(of request: WebhookRequest) -> String {
        guard let key = try? key.authenticationKey() else { return "" }
        let timestamp = timestampHeader.flatMap { request.headers[$0] } ?? ""
        return prefix + code(of: request, url: Array(request.url.utf8), timestamp: timestamp, key)
    }

    private func urls(of request: WebhookRequest) -> [[UInt8]] {
        content.contains(.url) ? SignedURL.spellings(of: request.url) : [[]]
    }

    private func code(of request: WebhookRequest, url: [UInt8], timestamp: String, _ key: SymmetricKey) -> String {
        let parts = content.map { part in
            switch part {
            case .text(let text): Array(text.utf8)
            case .body: request.body
            case .method: Array(request.method.utf8)
            case .url: url
            case .timestamp: Array(timestamp.utf8)
            }
        }
        return encoding.text(hash.authenticationCode(of: parts, key: key))
    }

    private func checkTime(_ written: String, _ header: String, now: Timestamp) throws(VerificationFault) {
        guard (1...13).contains(written.utf8.count), written.utf8.allSatisfy({ (48...57).contains($0) }),
            let number = Int64(written)
        else { throw VerificationFault("header \(header) is not a time in seconds or milliseconds since 1970") }
        let sent = written.utf8.count == 13 ? Timestamp(milliseconds: number) : Timestamp(seconds: number)
        let age = now.since(sent)
        guard age <= tolerance, age >= .zero - tolerance else {
            throw VerificationFault(
                "header \(header) is more than \(tolerance) away from now: sent again, or a clock is wrong")
        }
    }
}

extension HMACContentSignature.Part {
    fileprivate var name: String {
        switch self {
        case .text(let text): "'\(text)'"
        case .body: "body"
        case .method: "method"
        case .url: "URL"
        case .timestamp: "timestamp"
        }
    }
}
