/// A secret in the query of the webhook's address, for providers that sign nothing: whoever knows the address is
/// believed. Prefer a signature where there is one, and use it over HTTPS only: the address carries the secret.
public struct SharedSecret: PromptWebhookVerifier {
    /// The name of the query item, e.g. `secret` for `…/webhooks/sms?secret=…`.
    public let queryItem: String
    private let value: Secret

    public init(queryItem: String = "secret", value: Secret) {
        self.queryItem = queryItem
        self.value = value
    }

    public var name: String { "secret in the URL's '\(queryItem)'" }

    public func withoutSecret(_ request: WebhookRequest) -> WebhookRequest { request.without(queryItem: queryItem) }

    public func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        WebhookVerdict { () throws(VerificationFault) in
            guard !value.isEmpty else { throw VerificationFault("no secret is configured to verify with") }
            let given = request.queryItems.filter { $0.name == queryItem }
            guard let first = given.first else { throw VerificationFault("query item '\(queryItem)' is missing") }
            guard given.count == 1 else {
                throw VerificationFault("query item '\(queryItem)' occurs \(given.count) times")
            }
            guard Secret.matches(first.value, value.revealed) else {
                throw VerificationFault("query item '\(queryItem)' is not the configured secret")
            }
        }
    }
}
