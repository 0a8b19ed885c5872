import ChannelSDK
import ConfigurationFile

/// Modules with a setting of every kind.
enum TestModules {
    static let sms = ChannelDescriptor(
        name: "sms", version: "1.0.0", summary: "Text messages.",
        providers: [
            .init("twilio", title: "Twilio", settings: twilio),
            .init(
                "vonage", title: "Vonage",
                settings: [
                    Setting("api_key", .string, required: true, help: "The key."),
                    Setting("api_secret", .secret, required: true, help: "The secret."),
                ]),
        ], parts: [])

    static let email = ChannelDescriptor(
        name: "email", version: "1.0.0", summary: "Email.",
        providers: [
            .init(
                "smtp", title: "SMTP",
                settings: [
                    Setting("host", .string, required: true, help: "The server."),
                    Setting("password", .secret, help: "For the login."),
                ])
        ])

    static let all = [sms, email].map(module)

    /// A module that is only read about.
    static func module(_ descriptor: ChannelDescriptor) -> ChannelModule {
        let statuses = StatusGraph(
            version: 1, statuses: [.progress("sent"), .goal("delivered")], transitions: .chain("sent", "delivered"))
        return ChannelModule(descriptor: descriptor, statuses: statuses) {
            (_, _) throws(ConfigurationProblems) in throw ConfigurationProblems([])
        }
    }

    private static let twilio = [
        Setting("account_sid", .string, required: true, help: "The account."),
        Setting("auth_token", .secret, required: true, help: "The token."),
        Setting("from", .string, help: "The sender."),
        Setting("base_url", .url, default: "https://api.twilio.com", help: "The API."),
        Setting("validate", .boolean, default: "true", help: "Check numbers."),
        Setting("smart_encoding", .boolean, help: "Replace characters."),
        Setting("segments", .integer(1...10), default: "6", help: "The most parts."),
        Setting("validity", .duration, default: "4h", help: "How long to try."),
        Setting("media_types", .list, default: "image/png", help: "What may be attached."),
        Setting("encoding", .choice(["plain", "smart"]), default: "plain", help: "How to encode."),
        Setting("note", .string, help: "For people."),
    ]

    /// Every value that must not be shown holds the word CANARY.
    static let environment = [
        "AUTH_TOKEN": "CANARY-auth-token",
        "MODULE": "CANARY-module",
        "EMPTY": "",
        "JWT_SECRET": "CANARY-signs-tokens-0123456789-0123456789",
        "JWT_PREVIOUS_SECRET": "CANARY-signed-tokens-0123456789-0123456789",
        "EVERY_INTERFACE": "::",
        "PORT": "CANARY-port",
        "TIMEOUT": "CANARY-timeout",
        "BASE_URL": "CANARY-url",
        "VALIDATE": "CANARY-validate",
        "WEBHOOK_SECRET": "whsec_CANARY",
        "GOOD_WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "PROVIDER_WITH_YAML": "twilio\nCANARY: injected",
        "VALUE_LIKE_YAML": "{ a: [1, ${EMPTY}] } # \n- b",
    ]

    /// The least that a file needs besides.
    static let channels =
        "channels: { sms: { module: sms, provider: twilio, settings: { account_sid: AC1, auth_token: '${AUTH_TOKEN}' } } }"

    static func loader(_ environment: [String: String] = environment) -> ConfigurationLoader {
        ConfigurationLoader(modules: all, environment: environment)
    }
}
