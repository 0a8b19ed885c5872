/// A secret in one header, for providers that sign nothing: a bearer token (RFC 6750), or a header of the provider's own.
/// Whoever knows the secret is believed, so use it over HTTPS only.
public struct HeaderSecret: PromptWebhookVerifier {
    /// The header with the secret.
    public let header: String
    /// What stands before the secret in the header, e.g. `Bearer `; must be there to the letter.
    public let prefix: String
    private let value: Secret

    /// - Parameter value: nothing is genuine under an empty one.
    public init(header: String, prefix: String = "", value: Secret) {
        self.header = header
        self.prefix = prefix
        self.value = value
    }

    /// `Authorization: Bearer …`.
    public static func bearer(_ token: Secret) -> HeaderSecret {
        HeaderSecret(header: "Authorization", prefix: "Bearer ", value: token)
    }

    public var name: String { "secret in the header \(header)" }

    public func withoutSecret(_ request: WebhookRequest) -> WebhookRequest { request.without(header: header) }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            guard !value.isEmpty else { throw VerificationFault("no secret is configured to verify with") }
            let given = try request.headers.proof(header)
            guard given.utf8.starts(with: prefix.utf8) else {
                throw VerificationFault("header \(header) does not start with '\(prefix)'")
            }
            guard Secret.matches(given.utf8.dropFirst(prefix.utf8.count), value.revealed.utf8) else {
                throw VerificationFault("header \(header) does not carry the configured secret")
            }
        }
    }
}
