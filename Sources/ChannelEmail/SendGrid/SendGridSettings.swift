import ChannelSDK

/// What channels.yaml says about a SendGrid account.
struct SendGridSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "sendgrid", title: "Twilio SendGrid",
        settings: [
            Setting("api_key", .secret, required: true, help: "An API key that may send mail, SG.…"),
            EmailSettings.from, EmailUnsubscribe.setting,
            Setting(
                "webhook_public_key", .string, required: true,
                help: "The verification key that SendGrid shows where its signed event webhook is switched on."),
            Setting(
                "inbound_secret", .secret,
                help: "For mails to you: Inbound Parse signs nothing, so its address ends in ?secret= and this."),
            EmailSettings.baseURL("https://api.sendgrid.com"),
        ])

    static let signatureHeader = "X-Twilio-Email-Event-Webhook-Signature"

    let apiKey: Secret
    let from: Mailbox
    let verification: SendGridVerification
    let secrets: [Secret]
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        var settings = EmailSettings(configuration)
        apiKey = settings.secret("api_key", "SendGrid would refuse every mail")
        let sender = settings.sender()
        baseURL = settings.baseURL(default: "https://api.sendgrid.com")
        var scheme: ECDSASignature?
        do throws(InvalidWebhookKey) {
            scheme = try ECDSASignature(
                header: Self.signatureHeader,
                timestampHeader: "X-Twilio-Email-Event-Webhook-Timestamp",
                publicKey: configuration.string("webhook_public_key") ?? "")
        } catch {
            settings.add("webhook_public_key", "is no verification key: \(error)")
        }
        let inbound = settings.addressSecret("inbound_secret")
        guard let sender, let scheme, settings.problems.isEmpty else { throw settings.refusal }
        from = sender
        secrets = [apiKey] + (inbound.map { [$0] } ?? [])
        verification = SendGridVerification(events: scheme, inbound: inbound.map { SharedSecret(value: $0) })
    }
}
