import ChannelSDK

/// What channels.yaml says about a Mailgun domain.
struct MailgunSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "mailgun", title: "Mailgun",
        settings: [
            Setting("api_key", .secret, required: true, help: "The account's API key, or the domain's sending key."),
            Setting("domain", .string, required: true, help: "The sending domain, e.g. mg.acme.example."),
            EmailSettings.from, EmailUnsubscribe.setting,
            Setting(
                "webhook_signing_key", .secret, required: true,
                help: "The HTTP webhook signing key of the account, which is not the API key."),
            EmailSettings.baseURL("https://api.mailgun.net"),
        ])

    let apiKey: Secret
    let domain: String
    let from: Mailbox
    let signingKey: Secret
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        var settings = EmailSettings(configuration)
        apiKey = settings.secret("api_key", "Mailgun would refuse every mail")
        domain = configuration.string("domain") ?? ""
        if !EmailAddress.isDomain(domain[...]) { settings.add("domain", "must be a domain such as mg.acme.example") }
        let sender = settings.sender()
        signingKey = settings.secret("webhook_signing_key", "anybody could sign webhooks with an empty one")
        baseURL = settings.baseURL(default: "https://api.mailgun.net")
        guard let sender, settings.problems.isEmpty else { throw settings.refusal }
        from = sender
    }
}
