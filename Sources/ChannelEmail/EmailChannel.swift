public import ChannelSDK

/// Mail to email addresses. Each provider has a folder of its own here; an instance speaks to the one it is
/// configured for.
public struct EmailChannel: Channel {
    public static let descriptor = ChannelDescriptor(
        name: "email", version: "1.0.0", summary: "Mail, as text, HTML and attachments, to email addresses.",
        providers: [
            SendGridSettings.provider, PostmarkSettings.provider, MailgunSettings.provider, ResendSettings.provider,
            SESSettings.provider, SMTPSettings.provider,
        ])

    public static let statuses = StatusGraph.email

    public let delivery: any DeliveryClient
    public let webhooks: any WebhookParser
    private let takesLinks: Bool
    private let unsubscribe: EmailUnsubscribe

    public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        takesLinks = configuration.provider == ResendSettings.provider.name
        unsubscribe = try EmailUnsubscribe(configuration, host)
        switch configuration.provider {
        case SendGridSettings.provider.name:
            let settings = try SendGridSettings(configuration)
            delivery = SendGridDelivery(settings: settings, unsubscribe: unsubscribe, host: host)
            webhooks = SendGridWebhooks(settings.verification)
        case PostmarkSettings.provider.name:
            let settings = try PostmarkSettings(configuration)
            delivery = PostmarkDelivery(settings: settings, unsubscribe: unsubscribe, transport: host.transport)
            webhooks = PostmarkWebhooks(settings: settings)
        case MailgunSettings.provider.name:
            let settings = try MailgunSettings(configuration)
            delivery = MailgunDelivery(settings: settings, unsubscribe: unsubscribe, transport: host.transport)
            webhooks = MailgunWebhooks(signingKey: settings.signingKey, host: host)
        case ResendSettings.provider.name:
            let settings = try ResendSettings(configuration)
            delivery = ResendDelivery(settings: settings, unsubscribe: unsubscribe, transport: host.transport)
            webhooks = ResendWebhooks(signature: settings.signature)
        case SESSettings.provider.name:
            let settings = try SESSettings(configuration)
            delivery = SESDelivery(settings: settings, unsubscribe: unsubscribe, host: host)
            webhooks = SESWebhooks(settings: settings, host: host)
        case SMTPSettings.provider.name:
            let settings = try SMTPSettings(configuration)
            delivery = SMTPDelivery(settings: settings, unsubscribe: unsubscribe, host: host)
            webhooks = SMTPWebhooks(sender: settings.bounceSender)
        default:
            throw ConfigurationProblems([
                .init(setting: "provider", message: "'\(configuration.provider)' is not one of this module's")
            ])
        }
    }

    public func validate(_ content: MessageContent) -> [FieldProblem] {
        EmailContent.problems(in: content, unsubscribe: unsubscribe, takesLinks: takesLinks)
    }
}
