import ChannelSDK

/// What channels.yaml says about a Resend account.
struct ResendSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "resend", title: "Resend",
        settings: [
            Setting("api_key", .secret, required: true, help: "An API key that may send, re_…"),
            EmailSettings.from, EmailUnsubscribe.setting,
            Setting(
                "webhook_secret", .secret, required: true, help: "The signing secret of the webhook, whsec_…"),
            EmailSettings.baseURL("https://api.resend.com"),
        ])

    let apiKey: Secret
    let from: Mailbox
    let signature: StandardWebhooks
    let webhookSecret: Secret
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        var settings = EmailSettings(configuration)
        apiKey = settings.secret("api_key", "Resend would refuse every mail")
        let sender = settings.sender()
        baseURL = settings.baseURL(default: "https://api.resend.com")
        webhookSecret = configuration.secret("webhook_secret") ?? Secret("")
        var scheme: StandardWebhooks?
        do throws(InvalidWebhookKey) {
            scheme = try StandardWebhooks(key: webhookSecret, headers: .svix)
        } catch {
            settings.add("webhook_secret", "is no signing secret: \(error)")
        }
        guard let sender, let scheme, settings.problems.isEmpty else { throw settings.refusal }
        (from, signature) = (sender, scheme)
    }
}
