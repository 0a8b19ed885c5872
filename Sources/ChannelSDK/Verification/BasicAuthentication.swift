/// HTTP Basic authentication (RFC 7617), for providers that sign nothing but can call an address with a user and a
/// password, e.g. Postmark.
public struct BasicAuthentication: PromptWebhookVerifier {
    /// Whom the provider must say it is.
    public let username: String
    private let password: Secret

    /// - Parameters:
    ///   - username: without `:`, which separates it from the password.
    ///   - password: nothing is genuine under an empty one.
    public init(username: String, password: Secret) {
        self.username = username
        self.password = password
    }

    public var name: String { "Basic authentication" }

    /// The credentials as an `Authorization` header carries them: also for requests to a provider.
    public var headerValue: Secret {
        Secret("Basic " + SignatureEncoding.base64.text(Array("\(username):\(password.revealed)".utf8)))
    }

    public func withoutSecret(_ request: WebhookRequest) -> WebhookRequest {
        request.without(header: "Authorization")
    }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            guard !password.isEmpty else { throw VerificationFault("no password is configured to verify with") }
            let given = try request.headers.proof("Authorization")
            guard given.utf8.count > 6, given.prefix(6).lowercased() == "basic " else {
                throw VerificationFault("header Authorization is not of the scheme Basic")
            }
            guard Secret.matches(given.utf8.dropFirst(6), headerValue.revealed.utf8.dropFirst(6)) else {
                throw VerificationFault("header Authorization does not carry the configured user and password")
            }
        }
    }
}
