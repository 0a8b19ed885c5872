import Crypto

/// Standard Webhooks 1.0.0, for requests in both directions: it verifies those of providers (Resend and everybody
/// else behind Svix), and ``sign(id:timestamp:body:)`` signs those that we send.
///
/// Signed is `id.timestamp.body`. The time is part of it and must lie within the tolerance of now, so that a genuine
/// request cannot be sent again later; within it, remember the id.
public struct StandardWebhooks: PromptWebhookVerifier {
    /// The names of the three headers.
    public struct Headers: Sendable, Hashable {
        /// The header with the message's id.
        public let id: String
        /// The header with the time of the attempt.
        public let timestamp: String
        /// The header with the signatures.
        public let signature: String

        /// `webhook-id`, `webhook-timestamp` and `webhook-signature` for the prefix `webhook`.
        public init(prefix: String) {
            id = "\(prefix)-id"
            timestamp = "\(prefix)-timestamp"
            signature = "\(prefix)-signature"
        }

        /// `webhook-id`, `webhook-timestamp` and `webhook-signature`.
        public static let standard = Headers(prefix: "webhook")
        /// As Svix and those behind it send them.
        public static let svix = Headers(prefix: "svix")
    }

    /// The names of its headers.
    public let headers: Headers
    /// How far the sender's clock may be from ours, either way.
    public let tolerance: Duration
    private let key: StandardWebhooksKey

    /// - Parameters:
    ///   - key: `whsec_` and the base64 of 24 to 64 bytes; or `whpk_` with an Ed25519 public key (32 bytes), which only
    ///     verifies; or `whsk_` with an Ed25519 private key and its public key (64 bytes).
    ///   - tolerance: how far the sender's clock may be from ours, either way.
    public init(key: Secret, headers: Headers = .standard, tolerance: Duration = .seconds(300))
        throws(InvalidWebhookKey)
    {
        self.key = try StandardWebhooksKey(key)
        self.headers = headers
        self.tolerance = tolerance
    }

    public var name: String { "Standard Webhooks in \(headers.signature)" }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            let id = try request.headers.proof(headers.id)
            let written = try request.headers.proof(headers.timestamp)
            let signatures = try request.headers.proof(headers.signature)
            guard !id.utf8.contains(UInt8(ascii: ".")) else {
                throw VerificationFault("header \(headers.id) has a '.'")
            }
            try checkTime(written, now: now)
            let signed = Self.signed(id: id, timestamp: written, body: request.body)
            let isGenuine = signatures.split(separator: " ").contains { key.verifies($0, of: signed) }
            guard isGenuine else {
                throw VerificationFault(
                    "header \(headers.signature) has no signature that matches: is the configured key this sender's?")
            }
        }
    }

    /// The signature for a request, e.g. `v1,K5oZ…`: the value of the signature header.
    /// - Parameters:
    ///   - id: the same for each attempt; without a `.`, which ends it in what is signed.
    ///   - timestamp: of this attempt; whole seconds count.
    /// - Throws: when the key is a public one, or `id` is empty or has a `.`.
    public func sign(id: String, timestamp: Timestamp, body: [UInt8]) throws(InvalidWebhookKey) -> String {
        guard !id.isEmpty, !id.utf8.contains(UInt8(ascii: ".")) else {
            throw InvalidWebhookKey(message: "a webhook's id must have at least one character and no '.'")
        }
        return try key.sign(Self.signed(id: id, timestamp: Self.seconds(timestamp), body: body))
    }

    /// The three headers for a request that we send; the rest as for ``sign(id:timestamp:body:)``.
    public func signedHeaders(id: String, timestamp: Timestamp, body: [UInt8]) throws(InvalidWebhookKey) -> HTTPHeaders
    {
        let signature = try sign(id: id, timestamp: timestamp, body: body)
        return [headers.id: id, headers.timestamp: Self.seconds(timestamp), headers.signature: signature]
    }

    private func checkTime(_ written: String, now: Timestamp) throws(VerificationFault) {
        guard (1...12).contains(written.utf8.count), written.utf8.allSatisfy({ (48...57).contains($0) }),
            let seconds = Int64(written)
        else { throw VerificationFault("header \(headers.timestamp) is not a time in whole seconds since 1970") }
        let age = now.since(Timestamp(seconds: seconds))
        guard age <= tolerance, age >= .zero - tolerance else {
            throw VerificationFault(
                "header \(headers.timestamp) is more than \(tolerance) away from now: sent again, or a clock is wrong")
        }
    }

    private static func signed(id: String, timestamp: String, body: [UInt8]) -> [UInt8] {
        Array("\(id).\(timestamp).".utf8) + body
    }

    private static func seconds(_ timestamp: Timestamp) -> String { String(timestamp.milliseconds / 1000) }
}
