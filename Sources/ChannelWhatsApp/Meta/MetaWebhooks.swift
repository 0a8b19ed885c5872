import ChannelSDK

/// Reads Meta's webhooks: JSON, with up to 1,000 updates in each, of messages to us and of ours.
struct MetaWebhooks: WebhookParser {
    let verification: WebhookVerification
    private let verifyToken: Secret
    private let apiURL: String

    init(settings: MetaSettings) {
        verification = .scheme(
            HMACSignature(header: "X-Hub-Signature-256", prefix: "sha256=", key: settings.appSecret))
        verifyToken = settings.verifyToken
        apiURL = settings.apiURL
    }

    /// Meta asks once, when somebody enters the address: it wants its challenge back from whoever knows the token.
    func handshake(_ request: WebhookRequest) -> WebhookReply? {
        guard request.method == "GET" else { return nil }
        let items = request.queryItems
        func values(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }
        guard items.contains(where: { $0.name.utf8.starts(with: "hub.".utf8) }) else { return nil }
        let (modes, tokens, challenges) = (values("hub.mode"), values("hub.verify_token"), values("hub.challenge"))
        guard modes == ["subscribe"], tokens.count == 1, challenges.count == 1, !challenges[0].isEmpty else {
            return Self.refusal("hub.mode=subscribe, hub.verify_token and hub.challenge are needed, each once")
        }
        guard !verifyToken.isEmpty, Secret.matches(tokens[0], verifyToken.revealed) else {
            return Self.refusal("hub.verify_token is not the configured verify_token")
        }
        return WebhookReply(body: Array(challenges[0].utf8))
    }

    private static func refusal(_ reason: String) -> WebhookReply {
        WebhookReply(status: 403, body: Array(reason.utf8))
    }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents {
        guard let notice = UntrustedJSON.decode(MetaNotice.self, from: request.body) else {
            throw WebhookRefusal("the body is not a JSON object: this is not a webhook of Meta's")
        }
        guard notice.object == "whatsapp_business_account", let entries = notice.entries else {
            throw WebhookRefusal("'object' is not whatsapp_business_account, or 'entry' is no list: not WhatsApp's")
        }
        var reader = MetaUpdates(apiURL: apiURL)
        for entry in entries { reader.read(entry) }
        return try reader.contents()
    }
}
