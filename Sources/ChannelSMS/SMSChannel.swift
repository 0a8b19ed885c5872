public import ChannelSDK

/// Text messages to phones. Each provider has a folder of its own here; an instance speaks to the one it is
/// configured for.
public struct SMSChannel: Channel {
    public static let descriptor = ChannelDescriptor(
        name: "sms", version: "1.0.0", summary: "Text messages (SMS and MMS) to phone numbers.",
        providers: [
            TwilioSettings.provider, PlivoSettings.provider, VonageSMSSettings.provider,
            VonageMessagesSettings.provider, KannelSettings.provider,
        ], parts: [])

    public static let statuses = StatusGraph.sms

    public let delivery: any DeliveryClient
    public let webhooks: any WebhookParser
    private let problems: @Sendable (MessageContent) -> [FieldProblem]

    /// The host has checked the provider's name against the descriptor.
    public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        switch configuration.provider {
        case PlivoSettings.provider.name:
            let settings = try PlivoSettings(configuration)
            delivery = PlivoDelivery(settings: settings, transport: host.transport)
            webhooks = PlivoWebhooks(settings: settings, host: host)
            problems = PlivoDelivery.rules.problems
        case VonageSMSSettings.provider.name:
            let settings = try VonageSMSSettings(configuration)
            delivery = VonageSMSDelivery(settings: settings, transport: host.transport)
            webhooks = VonageSMSWebhooks(settings: settings)
            problems = VonageSMSDelivery.rules.problems
        case VonageMessagesSettings.provider.name:
            let settings = try VonageMessagesSettings(configuration)
            delivery = VonageMessagesDelivery(settings: settings, host: host)
            webhooks = VonageMessagesWebhooks(settings: settings)
            problems = VonageMessagesDelivery.rules.problems
        case KannelSettings.provider.name:
            let settings = try KannelSettings(configuration)
            delivery = KannelDelivery(settings: settings, transport: host.transport)
            webhooks = KannelWebhooks(settings: settings)
            problems = KannelContent(maxMessages: settings.maxMessages).problems
        default:
            let settings = try TwilioSettings(configuration)
            delivery = TwilioDelivery(settings: settings, transport: host.transport)
            webhooks = TwilioWebhooks(authToken: settings.authToken)
            problems = TwilioContent.problems
        }
    }

    public func validate(_ content: MessageContent) -> [FieldProblem] { problems(content) }
}
