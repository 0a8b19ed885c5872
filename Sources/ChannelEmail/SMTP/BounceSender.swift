import ChannelSDK

/// Who may post bounces: whoever is told the token, or the user and password, and puts it into each request. A mail
/// server signs nothing.
enum BounceSender: PromptWebhookVerifier {
    case token(Secret)
    case user(BasicAuthentication)
    /// Nothing is configured, and everybody is refused.
    case nobody

    var name: String {
        switch self {
        case .token: "Bearer token"
        case .user(let user): user.name
        case .nobody: "nobody may report"
        }
    }

    func verify(_ request: WebhookRequest, now: Timestamp) -> WebhookVerdict {
        switch self {
        case .token(let token): Self.verify(request, token)
        case .user(let user): user.verify(request, now: now)
        case .nobody: .refused("neither webhook_token nor webhook_username is configured: nobody may post bounces")
        }
    }

    private static func verify(_ request: WebhookRequest, _ token: Secret) -> WebhookVerdict {
        let values = request.headers.values(of: "Authorization")
        guard let value = values.first else { return .refused("header Authorization is missing") }
        // Two readers could choose differently between them.
        guard values.count == 1 else { return .refused("header Authorization occurs \(values.count) times") }
        guard value.utf8.count > 7, value.prefix(7).lowercased() == "bearer " else {
            return .refused("header Authorization is not of the scheme Bearer")
        }
        guard !token.isEmpty, Secret.matches(value.utf8.dropFirst(7), token.revealed.utf8) else {
            return .refused("header Authorization does not carry the configured token")
        }
        return .genuine
    }
}
