public import ChannelSDK

/// Calls an application's own URL with the events that it subscribed to: an entry of `callbacks:` is an instance.
///
/// The content is made by the host: the body is a CloudEvent in structured JSON, the option ``eventID`` its id.
public struct CallbackModule: Channel {
    /// The option that carries the event's id.
    public static let eventID = "event_id"

    public static let descriptor = ChannelDescriptor(
        name: "callback", version: "1",
        summary: "Calls an application's own URL with status changes; set up under 'callbacks'.",
        providers: [
            .init(
                "http", title: "the application",
                settings: [
                    Setting("url", .url, required: true, help: "Where the events are posted to; https."),
                    Setting(
                        "secret", .secret, required: true,
                        help: "The Standard Webhooks secret that signs; several, with spaces between, all sign."),
                    Setting(
                        "allow_networks", .list,
                        help: "Networks that are not of the public internet, and may be reached all the same."),
                ])
        ], parts: [])

    /// The answer says it all.
    public static let statuses = StatusGraph(version: 1, statuses: [.goal("delivered")], transitions: [])

    public let delivery: any DeliveryClient
    public let webhooks: any WebhookParser = NoWebhooks()

    public init(configuration: ChannelConfiguration, host: ChannelHost) throws(ConfigurationProblems) {
        delivery = CallbackClient(settings: try CallbackSettings(configuration), host: host)
    }

    public func validate(_ content: MessageContent) -> [FieldProblem] {
        content.options[Self.eventID]?.isEmpty == false
            ? [] : [FieldProblem(field: "options.\(Self.eventID)", message: "is required: the event's id")]
    }
}

/// Nobody reports on a callback: the answer to the request was the report.
private struct NoWebhooks: WebhookParser, WebhookVerifier {
    var name: String { "nothing: callbacks take no reports" }
    var verification: WebhookVerification { .scheme(self) }

    func verify(_ request: WebhookRequest, now: Timestamp) async -> WebhookVerdict { .refused(name) }

    func parse(_ request: WebhookRequest) throws(WebhookRefusal) -> WebhookContents { throw WebhookRefusal(name) }
}
