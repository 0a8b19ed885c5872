public import ChannelSDK

/// WhatsApp messages: text, media and templates. Each provider has a folder of its own here; an instance speaks to the
/// one it is configured for.
public struct WhatsAppChannel: Channel {
    public static let descriptor = ChannelDescriptor(
        name: "whatsapp", version: "1.0.0", summary: "WhatsApp messages to phone numbers: text, media and templates.",
        providers: [MetaSettings.provider, TwilioSettings.provider], parts: [])

    public static let statuses = StatusGraph.whatsApp

    public let delivery: any DeliveryClient
    public let webhooks: any WebhookParser
    private let problems: @Sendable (MessageContent) -> [FieldProblem]

    public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        if configuration.provider == "twilio" {
            let settings = try TwilioSettings(configuration)
            delivery = TwilioDelivery.client(settings: settings, host: host)
            webhooks = TwilioWebhooks(authToken: settings.authToken)
            problems = TwilioContent.problems
        } else {
            // The host has checked the provider's name against the descriptor.
            let settings = try MetaSettings(configuration)
            delivery = MetaDelivery.client(settings: settings, host: host)
            webhooks = MetaWebhooks(settings: settings)
            problems = MetaContent.problems
        }
    }

    public func validate(_ content: MessageContent) -> [FieldProblem] { problems(content) }
}
