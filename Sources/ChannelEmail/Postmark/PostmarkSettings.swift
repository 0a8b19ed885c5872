import ChannelSDK

/// What channels.yaml says about a Postmark server.
struct PostmarkSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "postmark", title: "Postmark",
        settings: [
            Setting("server_token", .secret, required: true, help: "The server's API token."),
            EmailSettings.from, EmailUnsubscribe.setting,
            Setting("message_stream", .string, default: "outbound", help: "The message stream to send through."),
            Setting(
                "webhook_username", .string, required: true,
                help: "The user of the Basic authentication that the webhook is set up with: Postmark signs nothing."),
            Setting("webhook_password", .secret, required: true, help: "The password beside webhook_username."),
            EmailSettings.allowedAddresses(
                "Where webhooks may come from as well, such as 10.0.0.5 or 10.0.0.0/24: Postmark publishes its addresses; "
                    + "left out: from anywhere, with the password."),
            EmailSettings.baseURL("https://api.postmarkapp.com"),
        ])

    let serverToken: Secret
    let from: Mailbox
    let messageStream: String
    let webhookCredentials: BasicAuthentication
    /// Nil: any.
    let allowedAddresses: [IPNetwork]?
    let webhookPassword: Secret
    let baseURL: String

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        var settings = EmailSettings(configuration)
        serverToken = settings.secret("server_token", "Postmark would refuse every mail")
        let sender = settings.sender()
        let user = configuration.string("webhook_username") ?? ""
        if user.isEmpty || user.contains(":") { settings.add("webhook_username", "must be a name without ':'") }
        let password = settings.secret("webhook_password", "anybody could report with an empty one")
        allowedAddresses = settings.allowedAddresses()
        baseURL = settings.baseURL(default: "https://api.postmarkapp.com")
        messageStream = configuration.string("message_stream") ?? "outbound"
        webhookPassword = password
        webhookCredentials = BasicAuthentication(username: user, password: password)
        guard let sender, settings.problems.isEmpty else { throw settings.refusal }
        from = sender
    }
}
