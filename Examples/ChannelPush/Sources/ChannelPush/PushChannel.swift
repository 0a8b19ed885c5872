public import ChannelSDK

/// Push messages to apps, through Firebase Cloud Messaging (HTTP v1).
public struct PushChannel: Channel {
    public static let descriptor = ChannelDescriptor(
        name: "push", version: "1.0.0", summary: "Push messages to apps on Android, iOS and the web.",
        providers: [.init("fcm", title: "Firebase Cloud Messaging", settings: settings)], parts: [.subject])

    private static let settings = [
        Setting("service_account", .secret, required: true, help: "The service account's key file, by ${file:PATH}."),
        Setting("base_url", .url, default: "https://fcm.googleapis.com", help: "Where messages are sent."),
        Setting(
            "token_url", .url, help: "Where access tokens come from. Default: what the service account's file names."),
        Setting(
            "receipts_secret", .secret,
            help: "By which your app's backend signs the receipts that it reports (Standard Webhooks): whsec_…"),
    ]

    /// What FCM takes it has sent, as far as it ever says; an app that reports more knows better.
    public static let statuses = StatusGraph(
        version: 1, statuses: [.goal("sent"), .goal("delivered")], transitions: .chain("sent", "delivered"))

    public let delivery: any DeliveryClient
    public let webhooks: any WebhookParser

    public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        let account = try Self.account(configuration)
        let baseURL = configuration.string("base_url") ?? "https://fcm.googleapis.com"
        let tokens = AccessTokens(account: account, host: host)
        delivery = PushDelivery(
            endpoint: "\(baseURL.hasSuffix("/") ? String(baseURL.dropLast()) : baseURL)/v1/projects/\(account.project)/"
                + "messages:send",
            tokens: tokens, transport: host.transport)
        webhooks = try ReceiptParser(secret: configuration.secret("receipts_secret"))
    }

    public func validate(_ content: MessageContent) -> [FieldProblem] { PushMessage.problems(of: content) }

    private static func account(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) -> ServiceAccount {
        let file = try configuration.required(configuration.secret("service_account"), "service_account")
        guard let account = ServiceAccount(file: file, tokenURL: configuration.string("token_url")) else {
            throw ConfigurationProblems([
                .init(
                    setting: "service_account",
                    message: "is no key file of a service account: JSON with project_id, client_email, private_key (an "
                        + "RSA key in PEM) and token_uri is expected")
            ])
        }
        return account
    }
}

/// What the host looks for in the library.
@c(switchboard_channel)
public func entry() -> UnsafeMutableRawPointer { ChannelLibraryEntry.make(PushChannel.self) }
