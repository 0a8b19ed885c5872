import ChannelSDK

/// What channels.yaml says about a mail server.
struct SMTPSettings: Sendable {
    static let provider = ChannelDescriptor.Provider(
        "smtp", title: "SMTP",
        settings: [
            Setting("host", .string, required: true, help: "The mail server's name or address."),
            Setting(
                "port", .integer(1...65535),
                help: "Its port; left out: 587 with tls: starttls, 465 with tls: tls, 25 with tls: none."),
            Setting(
                "tls", .choice(SMTPServer.Security.allCases.map(\.rawValue)), default: "starttls",
                help: "starttls and tls refuse to send where there is no TLS; none is for a relay on a trusted network."
            ),
            Setting(
                "ca_file", .string,
                help:
                    "PEM file of the certificate authorities to trust instead of the system's, where yours is private."),
            Setting("username", .string, help: "Left out: the server takes mail without a password."),
            Setting("password", .secret, help: "The password beside username."),
            Setting(
                "authentication", .choice(["any"] + SMTPServer.Mechanism.allCases.map(\.rawValue)), default: "any",
                help: "How the password is shown; any: the safest of those that the server offers."),
            EmailSettings.from, EmailUnsubscribe.setting,
            Setting(
                "bounce_domain", .string,
                help: "Mails bounce to bounces+ID@ this domain, which names their delivery; left out: to from."),
            Setting("helo_name", .string, help: "What this host calls itself; left out: the machine's name."),
            Setting(
                "unsubscribe_url", .string,
                help:
                    "https or mailto, for mails without options.unsubscribe_url; {delivery} becomes the delivery's id."),
            Setting("webhook_token", .secret, help: "Whoever posts bounces shows it as a Bearer token."),
            Setting("webhook_username", .string, help: "Instead of a token: the user for Basic authentication."),
            Setting("webhook_password", .secret, help: "The password beside webhook_username."),
        ])

    let server: SMTPServer
    let from: Mailbox
    let bounceDomain: String?
    let unsubscribeURL: String?
    let bounceSender: BounceSender
    /// What must not show in an error.
    let secrets: [Secret]

    init(_ configuration: ChannelConfiguration) throws(ConfigurationProblems) {
        var settings = EmailSettings(configuration)
        let server = Self.server(configuration, &settings)
        let sender = settings.sender()
        bounceDomain = Self.bounceDomain(configuration, &settings)
        unsubscribeURL = Self.unsubscribeURL(configuration, &settings)
        bounceSender = Self.bounceSender(configuration, &settings)
        secrets = ["password", "webhook_token", "webhook_password"].compactMap { configuration.secret($0) }
        guard let server, let sender, settings.problems.isEmpty else { throw settings.refusal }
        self.server = server
        from = sender
    }

    // MARK: The server

    private static func server(_ configuration: ChannelConfiguration, _ settings: inout EmailSettings) -> SMTPServer? {
        let security = SMTPServer.Security(rawValue: configuration.string("tls") ?? "") ?? .startTLS
        let host = configuration.string("host") ?? ""
        if !isHostName(host) { settings.add("host", "must be a host name or an address, without a port") }
        let authorities = settings.certificateFile("ca_file")
        if authorities != nil, security == .none { settings.add("ca_file", "goes with tls: starttls or tls: tls") }
        let name = configuration.string("helo_name")
        if let name, !isHostName(name) { settings.add("helo_name", "must be a host name") }
        return SMTPServer(
            host: host, port: configuration.integer("port") ?? usualPort(security), security: security,
            credentials: credentials(configuration, security, &settings), clientName: name,
            certificateAuthorityFile: authorities)
    }

    private static func usualPort(_ security: SMTPServer.Security) -> Int {
        switch security {
        case .none: 25
        case .startTLS: 587
        case .implicitTLS: 465
        }
    }

    private static func credentials(
        _ configuration: ChannelConfiguration, _ security: SMTPServer.Security, _ settings: inout EmailSettings
    ) -> SMTPServer.Credentials? {
        let password = configuration.secret("password")
        guard let username = configuration.string("username") else {
            if password != nil { settings.add("username", "is missing beside password") }
            return nil
        }
        if username.isEmpty || !HeaderText.isSafe(username) { settings.add("username", "must be a name in one line") }
        guard password != nil else {
            settings.add("password", "is missing beside username")
            return nil
        }
        let mechanism = SMTPServer.Mechanism(rawValue: configuration.string("authentication") ?? "")
        if security == .none, mechanism != .cramMD5 {
            settings.add(
                "tls",
                "must not be none with a password: everybody on the way could read it, or use authentication: cram-md5")
        }
        return SMTPServer.Credentials(
            username: username, password: settings.secret("password", "the server would refuse it"),
            mechanisms: mechanism.map { [$0] } ?? Set(SMTPServer.Mechanism.allCases))
    }

    private static func isHostName(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (48...57).contains($0) || (97...122).contains($0 | 0x20) || "-._:".utf8.contains($0)
            } && text.utf8.count { $0 == UInt8(ascii: ":") } != 1
    }

    // MARK: What is in a mail

    /// As long as a delivery's id can be.
    private static let longestID = DeliveryID(notification: NotificationID(high: 0, low: 0), ordinal: .max)

    private static func bounceDomain(_ configuration: ChannelConfiguration, _ settings: inout EmailSettings) -> String?
    {
        guard let domain = configuration.string("bounce_domain") else { return nil }
        if VERPAddress(longestID, domain: domain) == nil {
            settings.add("bounce_domain", "must be a domain such as bounces.acme.example")
        }
        return domain
    }

    private static func unsubscribeURL(
        _ configuration: ChannelConfiguration, _ settings: inout EmailSettings
    ) -> String? {
        guard let url = configuration.string("unsubscribe_url") else { return nil }
        let example = MessageContent(
            recipient: "a@b.example", body: "x", subject: "x",
            options: ["unsubscribe_url": url.replacing("{delivery}", with: "\(longestID)")])
        for problem in EmailContent.problems(in: example) { settings.add("unsubscribe_url", problem.message) }
        return url
    }

    // MARK: Who posts bounces

    private static func bounceSender(
        _ configuration: ChannelConfiguration, _ settings: inout EmailSettings
    ) -> BounceSender {
        let token = configuration.secret("webhook_token")
        if token != nil { _ = settings.secret("webhook_token", "anybody could report with an empty one") }
        guard let user = configuration.string("webhook_username") else {
            if configuration.secret("webhook_password") != nil {
                settings.add("webhook_username", "is missing beside webhook_password")
            }
            return token.map { .token($0) } ?? .nobody
        }
        if user.isEmpty || user.contains(":") { settings.add("webhook_username", "must be a name without ':'") }
        if token != nil { settings.add("webhook_username", "must not be there beside webhook_token: choose one") }
        return .user(
            BasicAuthentication(
                username: user,
                password: settings.secret("webhook_password", "anybody could report with an empty one")))
    }
}
